import type { DataObject, TargetGroup } from "../../allocator/index.ts";
import { flagOf, numberOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, mapLabels } from "../label-text.ts";
import { floatingAddresses } from "./floating-addresses.ts";
import { COMPUTE, NETWORK, type OpenStack, type OpenStackSession } from "./openstack-session.ts";

const PREFIX = "__meta_openstack_";

/** Which floating address leads to which fixed address of which instance. */
interface Floating {
  readonly byInstanceAndFixed: ReadonlyMap<string, string>;
  readonly addresses: ReadonlySet<string>;
}

/** The role instance: one target for each address of each instance that is no floating one. */
export async function lookForInstances(
  openStack: OpenStack,
  settings: DataObject,
  signal: AbortSignal,
): Promise<readonly TargetGroup[]> {
  const session = await openStack.signIn(signal);
  const floating = await readFloating(session, signal);
  const path = flagOf(settings, "all_tenants") ? "servers/detail?all_tenants=true" : "servers/detail";
  const instances = await session.list(COMPUTE, path, "servers", signal);
  const port = numberOf(settings, "port");
  return [
    flatGroup(
      openStack.source,
      instances.flatMap((instance) => toTargets(instance, floating, port)),
    ),
  ];
}

async function readFloating(session: OpenStackSession, signal: AbortSignal): Promise<Floating> {
  const ports = await session.list(NETWORK, "ports", "ports", signal);
  const deviceOf = new Map(ports.map((port) => [port.text("id"), port.text("device_id")]));
  const byInstanceAndFixed = new Map<string, string>();
  const addresses = new Set<string>();
  for (const { portId, fixed, floating } of await floatingAddresses(session, signal)) {
    const device = deviceOf.get(portId);
    if (device === undefined || fixed === "") continue;
    byInstanceAndFixed.set(keyOf(device, fixed), floating);
    addresses.add(floating);
  }
  return { byInstanceAndFixed, addresses };
}

function keyOf(instanceId: string, fixed: string): string {
  return `${instanceId} ${fixed}`;
}

function toTargets(instance: JsonNode, floating: Floating, port: number): readonly LabelValues[] {
  const flavor = flavorOf(instance.at("flavor"));
  if (flavor === undefined) return [];
  const labels = { ...labelsOf(instance), [`${PREFIX}instance_flavor`]: flavor };
  return instance.entries("addresses").flatMap(([pool, addresses]) =>
    addresses
      .items()
      .map((each) => each.text("addr"))
      .filter((address) => address !== "" && !floating.addresses.has(address))
      .map((address) =>
        Object.assign({}, labels, {
          [ADDRESS]: hostPort(address, port),
          [`${PREFIX}address_pool`]: pool,
          [`${PREFIX}private_ip`]: address,
          [`${PREFIX}public_ip`]: floating.byInstanceAndFixed.get(keyOf(instance.text("id"), address)),
        }),
      ),
  );
}

/** Newer versions of the API give a name instead of an id. Nothing is made of an instance with neither, as in Go. */
function flavorOf(flavor: JsonNode): string | undefined {
  return ["original_name", "id"]
    .map((key) => flavor.at(key))
    .find(({ present }) => present)
    ?.text();
}

function labelsOf(instance: JsonNode): LabelValues {
  const image = instance.at("image");
  // An empty text when the instance was started from a volume.
  const imageId = typeof image.raw === "string" ? undefined : image.at("id");
  return {
    ...mapLabels(`${PREFIX}tag_`, instance.textEntries("metadata")),
    [`${PREFIX}instance_id`]: instance.text("id"),
    [`${PREFIX}instance_image`]: imageId?.present === true ? imageId.text() : undefined,
    [`${PREFIX}instance_name`]: instance.text("name"),
    [`${PREFIX}instance_status`]: instance.text("status"),
    [`${PREFIX}project_id`]: instance.text("tenant_id"),
    [`${PREFIX}user_id`]: instance.text("user_id"),
  };
}
