import {
  type ComponentKind,
  type ComponentShape,
  componentShape,
  entryOf,
  isFreeForm,
  type Listener,
  portOf,
  settingsOf,
} from "../../../api/opentelemetry/components.ts";
import { usedComponents } from "../../../api/opentelemetry/default.ts";
import type { CollectorConfig, FreeForm } from "../../../api/opentelemetry/v1beta1.ts";
import { compareBytewise } from "../../manifests/canonical-json.ts";
import { portName } from "../../manifests/names.ts";

/** A port of a Service, in the API's own shape. */
export interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly protocol?: string;
  readonly appProtocol?: string;
  readonly targetPort?: number | string;
  readonly nodePort?: number;
}

/** The ports that components in use open, and what could not be told. */
export interface FoundPorts {
  /** Sorted by name. */
  readonly ports: readonly ServicePort[];
  readonly problems: readonly string[];
}

/** Reads the ports of all components of these kinds that a pipeline or the service uses. */
export function findPorts(config: CollectorConfig, kinds: readonly ComponentKind[]): FoundPorts {
  const used = usedComponents(config);
  const ports: ServicePort[] = [];
  const problems: string[] = [];
  for (const kind of kinds) {
    for (const id of used[kind]) {
      const found = portsOf(kind, id, entryOf(settingsOf(config[kind]), id));
      if (typeof found === "string") problems.push(`spec.config.${kind}.${id}: ${found}`);
      else ports.push(...found);
    }
  }
  return { ports: ports.toSorted((a, b) => compareBytewise(a.name, b.name)), problems };
}

/** The ports of one component, or what is wrong with its settings. A component without settings opens none. */
function portsOf(kind: ComponentKind, id: string, value: unknown): readonly ServicePort[] | string {
  if (!isFreeForm(value)) return [];
  const shape = componentShape(kind, id);
  switch (shape.kind) {
    case "endpoint":
    case "health-check":
      return endpointPorts(id, value, shape);
    case "protocols":
      return protocolPorts(id, settingsOf(value["protocols"]), shape.listeners);
    case "prometheus":
      return apiServerPorts(id, settingsOf(value["api_server"]));
    case "jaeger-query":
      return queryPorts(id, value, shape.listener);
    case "silent":
      return [];
  }
}

function endpointPorts(
  id: string,
  settings: FreeForm,
  shape: Extract<ComponentShape, { readonly listener: Listener }>,
): readonly ServicePort[] | string {
  const port = endpointPort(settings) ?? shape.listener.port;
  if (port !== undefined) return [toPort(id, port, shape.listener)];
  return shape.kind === "endpoint" && shape.portRequired === true ? "endpoint must name a port" : [];
}

function endpointPort(settings: FreeForm): number | undefined {
  const { endpoint, listen_address: listenAddress } = settings;
  return portOf(endpoint === undefined || endpoint === "" ? listenAddress : endpoint);
}

function protocolPorts(
  id: string,
  protocols: FreeForm,
  listeners: Readonly<Record<string, Listener>>,
): readonly ServicePort[] | string {
  const unknown = Object.keys(protocols).find((name) => entryOf(listeners, name) === undefined);
  if (unknown !== undefined) return `unknown protocol set: ${unknown}`;
  return Object.entries(protocols).flatMap(([name, settings]) => {
    const listener = entryOf(listeners, name) ?? {};
    const port = endpointPort(settingsOf(settings)) ?? listener.port;
    return port === undefined ? [] : [toPort(`${id}-${name}`, port, listener)];
  });
}

/** A prometheus receiver listens only when its API server is on. */
function apiServerPorts(id: string, apiServer: FreeForm): readonly ServicePort[] {
  const port = portOf(settingsOf(apiServer["server_config"])["endpoint"]);
  return apiServer["enabled"] === true && port !== undefined ? [toPort(id, port, {})] : [];
}

function queryPorts(id: string, settings: FreeForm, listener: Listener): readonly ServicePort[] {
  const http = portOf(settingsOf(settings["http"])["endpoint"]) ?? listener.port ?? 0;
  const grpc = portOf(settingsOf(settings["grpc"])["endpoint"]);
  const ports = [toPort(id, http, listener)];
  return grpc === undefined || grpc === http ? ports : [...ports, toPort(`${id}-2`, grpc, { targeted: true })];
}

function toPort(name: string, port: number, { protocol, appProtocol, targeted }: Listener): ServicePort {
  return {
    name: portName(name, port),
    port,
    ...(protocol === undefined ? {} : { protocol }),
    ...(appProtocol === undefined ? {} : { appProtocol }),
    ...(targeted === true ? { targetPort: port } : {}),
  };
}
