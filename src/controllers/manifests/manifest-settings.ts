import type { KeyFilter } from "./labels.ts";

/** The proxies by which pods reach what is outside. "" for none. */
export interface Proxies {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}

/** What holds for all custom resources of a process and shapes the objects that are made for them. */
export interface ManifestSettings {
  /** Image of collectors whose resource names none. */
  readonly collectorImage: string;
  /** Image of allocators whose resource names none: the operator's own. */
  readonly allocatorImage: string;
  /** Where collectors ask for their targets: at the allocator made for them, or at the operator. */
  readonly collectorEndpoint: "allocator" | "operator";
  /** Base URL of the operator's routes as collectors reach it, without a slash at the end; for "operator". */
  readonly operatorUrl?: string | undefined;
  /** Labels of a custom resource that do not go over to what is generated. */
  readonly labelsFilter: KeyFilter;
  /** Annotations of a custom resource that do not go over to what is generated. */
  readonly annotationsFilter: KeyFilter;
  /** Handed on to the containers that are generated. @default none */
  readonly proxies?: Proxies;
  /** Resources that say nothing about network policies get some. @default true */
  readonly networkPolicies?: boolean;
  /** Targets that per-node leaves over go by consistent hashing. @default false */
  readonly fallbackStrategy?: boolean;
  /** Components that collectors must not use here, as `receiver.otlp`. @default none */
  readonly disabledComponents?: readonly string[];
}
