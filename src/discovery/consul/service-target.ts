import type { TargetGroup } from "../../allocator/index.ts";
import { type LabelValues, toLabels } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, mapLabels, surrounded } from "../label-text.ts";

const PREFIX = "__meta_consul_";
const NODE_MAINTENANCE = "_node_maintenance";
const SERVICE_MAINTENANCE = "_service_maintenance:";

/** What the instances of a service have in common. */
export interface ServiceOrigin {
  readonly service: string;
  readonly datacenter: string;
  readonly tagSeparator: string;
}

/** The group of a service, of the answer that lists its instances. */
export function toServiceGroup({ service, datacenter, tagSeparator }: ServiceOrigin, answer: JsonNode): TargetGroup {
  return {
    source: service,
    labels: toLabels({ [`${PREFIX}service`]: service, [`${PREFIX}dc`]: datacenter }),
    targets: answer.items().map((entry) => toLabels(labelsOfInstance(entry, tagSeparator))),
  };
}

/** An instance is scraped at its own address if it has one: it can be registered by another node. */
function labelsOfInstance(entry: JsonNode, tagSeparator: string): LabelValues {
  const [node, service] = [entry.at("Node"), entry.at("Service")];
  const [nodeAddress, serviceAddress] = [node.text("Address"), service.text("Address")];
  const port = service.number("Port");
  return {
    [ADDRESS]: hostPort(serviceAddress === "" ? nodeAddress : serviceAddress, port),
    [`${PREFIX}address`]: nodeAddress,
    [`${PREFIX}node`]: node.text("Node"),
    [`${PREFIX}namespace`]: service.text("Namespace"),
    [`${PREFIX}partition`]: service.text("Partition"),
    [`${PREFIX}tags`]: surrounded(service.texts("Tags"), tagSeparator),
    [`${PREFIX}service_address`]: serviceAddress,
    [`${PREFIX}service_port`]: String(port),
    [`${PREFIX}service_id`]: service.text("ID"),
    [`${PREFIX}health`]: healthOf(entry.items("Checks")),
    ...mapLabels(`${PREFIX}metadata_`, node.textEntries("Meta")),
    ...mapLabels(`${PREFIX}service_metadata_`, service.textEntries("Meta")),
    ...mapLabels(`${PREFIX}tagged_address_`, node.textEntries("TaggedAddresses")),
  };
}

/** The worst of all checks; maintenance beats them all, and a state that nobody knows is none. */
function healthOf(checks: readonly JsonNode[]): string {
  let maintenance = false;
  const states = new Set<string>();
  for (const check of checks) {
    const id = check.text("CheckID");
    if (id === NODE_MAINTENANCE || id.startsWith(SERVICE_MAINTENANCE)) maintenance = true;
    else states.add(check.text("Status"));
  }
  if ([...states].some((state) => !["passing", "warning", "critical"].includes(state))) return "";
  if (maintenance) return "maintenance";
  return ["critical", "warning"].find((state) => states.has(state)) ?? "passing";
}
