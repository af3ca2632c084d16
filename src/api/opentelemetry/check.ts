import type { DefaultedCollector } from "./default.ts";

/** What a resource is checked against besides itself. What is not known is not held against it. */
export interface Cluster {
  /** Whether cert-manager is there to issue certificates. */
  readonly certManager?: boolean;
  /** Components that must not be used here, as `receiver.otlp`; those that are not compliant with FIPS. */
  readonly disabledComponents?: readonly string[];
}

/** Returns what is wrong with a resource, if anything. */
export type Check<R = DefaultedCollector> = (resource: R, cluster: Cluster) => string | undefined;

/** The sentence for what a mode of running does not go with. */
export function unsupported(mode: string, what: string): string {
  return `the OpenTelemetry Collector mode is set to ${mode}, which does not support ${what}`;
}

export function quoted(value: unknown): string {
  return JSON.stringify(value);
}
