import type { LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, listLabel } from "../label-text.ts";

const PREFIX = "__meta_linode_";
const BYTES_PER_MEBIBYTE = 1_048_576;

/** What an instance is completed with. */
interface LinodeTargetOptions {
  readonly port: number;
  readonly separator: string;
  /** The details of addresses, by address. */
  readonly addresses: ReadonlyMap<string, JsonNode>;
  /** IPv6 ranges of all instances. */
  readonly ranges: readonly JsonNode[];
}

/** An instance as a target, at its first public IPv4 address. */
export function toLinodeTarget(instance: JsonNode, options: LinodeTargetOptions): LabelValues {
  const { port, separator, addresses } = options;
  const detailed = instance.texts("ipv4").flatMap((address) => addresses.get(address) ?? []);
  const publicIpv4 = detailed.find((address) => address.flag("public"));
  const privateIpv4 = detailed.find((address) => !address.flag("public"));
  const extra = detailed.filter((address) => address !== publicIpv4 && address !== privateIpv4);
  const slaac = instance.text("ipv6").split("/")[0] ?? "";
  const ranges = options.ranges
    .filter((range) => slaac !== "" && range.text("route_target") === slaac)
    .map((range) => `${range.text("range")}/${String(range.number("prefix"))}`);
  return {
    [ADDRESS]: hostPort(publicIpv4?.text("address") ?? "", port),
    ...ownLabels(instance),
    ...addressLabels("private_ipv4", privateIpv4),
    ...addressLabels("public_ipv4", publicIpv4),
    ...addressLabels("public_ipv6", addresses.get(slaac)),
    ...listLabel(`${PREFIX}tags`, instance.texts("tags"), separator),
    ...listLabel(
      `${PREFIX}extra_ips`,
      extra.map((address) => address.text("address")),
      separator,
    ),
    ...listLabel(`${PREFIX}ipv6_ranges`, ranges, separator),
  };
}

function addressLabels(name: string, address: JsonNode | undefined): LabelValues {
  const rdns = address?.text("rdns") ?? "";
  return {
    [`${PREFIX}${name}`]: address?.text("address") ?? "",
    [`${PREFIX}${name}_rdns`]: rdns === "null" ? "" : rdns,
  };
}

function ownLabels(instance: JsonNode): LabelValues {
  const specs = instance.at("specs");
  const bytes = (key: string): string => String(specs.number(key) * BYTES_PER_MEBIBYTE);
  return {
    [`${PREFIX}instance_id`]: String(instance.number("id")),
    [`${PREFIX}instance_label`]: instance.text("label"),
    [`${PREFIX}image`]: instance.text("image"),
    [`${PREFIX}region`]: instance.text("region"),
    [`${PREFIX}type`]: instance.text("type"),
    [`${PREFIX}status`]: instance.text("status"),
    [`${PREFIX}group`]: instance.text("group"),
    [`${PREFIX}gpus`]: String(specs.number("gpus")),
    [`${PREFIX}hypervisor`]: instance.text("hypervisor"),
    [`${PREFIX}backups`]: instance.at("backups").flag("enabled") ? "enabled" : "disabled",
    [`${PREFIX}specs_disk_bytes`]: bytes("disk"),
    [`${PREFIX}specs_memory_bytes`]: bytes("memory"),
    [`${PREFIX}specs_vcpus`]: String(specs.number("vcpus")),
    [`${PREFIX}specs_transfer_bytes`]: bytes("transfer"),
  };
}
