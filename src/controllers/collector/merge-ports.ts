import type { PortSpec } from "../../api/opentelemetry/v1beta1.ts";
import { compareBytewise } from "../manifests/canonical-json.ts";
import { present } from "../manifests/manifest.ts";
import type { ServicePort } from "./config/ports.ts";

/** A port of a container, in the API's own shape. */
export interface ContainerPort {
  readonly [field: string]: unknown;
  readonly name: string;
  readonly containerPort: number;
  readonly protocol?: string;
  readonly hostPort?: number;
}

const MOST_LETTERS = 15;
const CONTAINER_PORT_NAME = /^(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/;

/**
 * The ports of a container, sorted by name: those of the spec, and the found ones that have a number and a name left. A
 * found port whose number the spec takes is the same one; whose name it takes is called `port-<number>`.
 */
export function mergeContainerPorts(
  given: readonly PortSpec[],
  found: readonly ContainerPort[],
): readonly ContainerPort[] {
  const usable = found
    .map((port) => ({ ...port, name: port.name.slice(0, MOST_LETTERS) }))
    .filter(
      ({ name, containerPort }) => CONTAINER_PORT_NAME.test(name) && containerPort >= 1 && containerPort <= 65535,
    );
  const taken = new Set(given.map(({ name }) => name ?? ""));
  const kept = usable.flatMap((port) =>
    hasNumber(given, port.containerPort, port.protocol) ? [] : renamed(port, port.containerPort, taken),
  );
  return [...withOwnNames(given).map(toContainerPort), ...kept].toSorted((a, b) => compareBytewise(a.name, b.name));
}

/** The ports of a Service: those of the spec in their order, then the found ones as for containers. */
export function mergeServicePorts(
  given: readonly PortSpec[],
  found: readonly ServicePort[],
): readonly (PortSpec | ServicePort)[] {
  const taken = new Set(given.map(({ name }) => name ?? ""));
  const kept = found.flatMap((port) =>
    hasNumber(given, port.port, port.protocol) ? [] : renamed(port, port.port, taken),
  );
  return [...given.map(({ hostPort: _ofThePod, ...port }) => port), ...kept];
}

function hasNumber(given: readonly PortSpec[], number: number, protocol = "TCP"): boolean {
  return given.some((port) => port.port === number && (port.protocol ?? "TCP") === protocol);
}

/** The port under a name that is not taken, or nothing when there is none. */
function renamed<P extends { readonly name: string }>(
  port: P,
  number: number,
  taken: ReadonlySet<string>,
): readonly P[] {
  if (!taken.has(port.name)) return [port];
  const fallback = `port-${String(number)}`;
  return taken.has(fallback) ? [] : [{ ...port, name: fallback }];
}

/** Ports of the spec whose names repeat are renamed as well. */
function withOwnNames(given: readonly PortSpec[]): readonly PortSpec[] {
  const taken = new Set<string>();
  return given.flatMap((port) => {
    const unique = renamed({ ...port, name: port.name ?? "" }, port.port, taken);
    for (const { name } of unique) taken.add(name);
    return unique;
  });
}

function toContainerPort({ name = "", port, protocol, hostPort }: PortSpec): ContainerPort {
  return { name, containerPort: port, ...present({ protocol, hostPort: hostPort === 0 ? undefined : hostPort }) };
}
