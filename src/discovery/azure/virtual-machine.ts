import type { LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, mapLabels } from "../label-text.ts";
import { parseResourceId } from "./resource-manager.ts";

const PREFIX = "__meta_azure_";

/** A machine, and where its network interfaces are found. */
export interface VirtualMachine {
  readonly node: JsonNode;
  /** What it belongs to; undefined for a machine of its own. */
  readonly scaleSet: string | undefined;
  /** IDs. */
  readonly interfaces: readonly string[];
}

/** What a network interface says of its machine's addresses. */
export interface NetworkInterface {
  /** Undefined while its machine is deallocated, and says nothing of its addresses. */
  readonly primary: boolean | undefined;
  /** Undefined without any configuration; "" for what is missing in the first one. */
  readonly addresses: { readonly privateIp: string; readonly publicIp: string } | undefined;
}

/** A machine of a list. */
export function toVirtualMachine(node: JsonNode, scaleSet?: string): VirtualMachine {
  const interfaces = node.at("properties").at("networkProfile").items("networkInterfaces");
  return { node, scaleSet, interfaces: interfaces.map((each) => each.text("id")) };
}

/** A network interface as Resource Manager describes it; undefined for one without properties. */
export function toNetworkInterface(node: JsonNode): NetworkInterface | undefined {
  const properties = node.at("properties");
  if (!properties.present) return undefined;
  const [configuration] = properties.items("ipConfigurations");
  const ip = configuration?.at("properties");
  return {
    primary: properties.at("primary").present ? properties.flag("primary") : undefined,
    addresses:
      ip === undefined
        ? undefined
        : {
            privateIp: ip.text("privateIPAddress"),
            publicIp: ip.at("publicIPAddress").at("properties").text("ipAddress"),
          },
  };
}

/** Labels that a machine has by itself, without its addresses. Throws when its ID is none. */
export function machineLabels({ node, scaleSet }: VirtualMachine): LabelValues {
  const properties = node.at("properties");
  const id = node.text("id");
  return {
    [`${PREFIX}machine_id`]: id,
    [`${PREFIX}machine_name`]: node.text("name"),
    [`${PREFIX}machine_computer_name`]: properties.at("osProfile").text("computerName"),
    [`${PREFIX}machine_os_type`]: properties.at("storageProfile").at("osDisk").text("osType"),
    [`${PREFIX}machine_location`]: node.text("location"),
    [`${PREFIX}machine_resource_group`]: parseResourceId(id).group,
    [`${PREFIX}machine_size`]: properties.at("hardwareProfile").text("vmSize"),
    [`${PREFIX}machine_scale_set`]: scaleSet,
    ...mapLabels(`${PREFIX}machine_tag_`, node.textEntries("tags")),
  };
}

/** Labels that a primary network interface with a private address gives to its machine. */
export function addressLabels(
  { privateIp, publicIp }: { readonly privateIp: string; readonly publicIp: string },
  port: number,
): LabelValues {
  return {
    [ADDRESS]: hostPort(privateIp, port),
    [`${PREFIX}machine_private_ip`]: privateIp,
    [`${PREFIX}machine_public_ip`]: publicIp || undefined,
  };
}

/** Labels that all machines of a section share. */
export function accountLabels(subscriptionId: string, tenantId: string): LabelValues {
  return { [`${PREFIX}subscription_id`]: subscriptionId, [`${PREFIX}tenant_id`]: tenantId };
}
