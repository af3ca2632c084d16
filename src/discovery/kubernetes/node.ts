import { type Labels, LabelsBuilder, type TargetGroup } from "../../allocator/index.ts";
import { ADDRESS, hostPort, sanitised } from "../label-text.ts";
import { PREFIX } from "./label-names.ts";
import { addNamed } from "./metadata-labels.ts";
import type { Node } from "./objects.ts";

const PROVIDER_ID = `${PREFIX}node_provider_id`;

/** Which of a node's addresses is scraped: the first type that it has. */
const ADDRESS_TYPES = ["InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname"] as const;

/**
 * Role `node`: one target, the kubelet. Undefined for a node without any address: what was known of it stays, as a
 * cloud controller can take the addresses away for a moment.
 */
export function buildNodeGroup(node: Node, source: string): TargetGroup | undefined {
  const { addresses: listed = [], daemonEndpoints } = node.status ?? {};
  const addresses = new Map<string, string>();
  for (const { type, address } of listed) if (!addresses.has(type)) addresses.set(type, address);
  const type = ADDRESS_TYPES.find((candidate) => addresses.has(candidate));
  if (type === undefined) return undefined;

  const port = daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
  const target = new LabelsBuilder()
    .set(ADDRESS, hostPort(addresses.get(type) ?? "", port))
    .set("instance", node.metadata.name);
  for (const [kind, address] of addresses) target.set(`${PREFIX}node_address_${sanitised(kind)}`, address);
  return { source, labels: groupLabels(node), targets: [target.build()] };
}

function groupLabels(node: Node): Labels {
  const builder = new LabelsBuilder().set(PROVIDER_ID, node.spec?.providerID ?? "");
  for (const condition of node.status?.conditions ?? []) {
    const name = `${PREFIX}node_condition_${sanitised(condition.type.toLowerCase())}`;
    builder.set(name, condition.status.toLowerCase());
  }
  addNamed(builder, "node", node);
  return builder.build();
}
