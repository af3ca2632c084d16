import { numberOf, refreshIntervalOf, textOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import { inParallel } from "../in-parallel.ts";
import type { PolledMechanism } from "../polling-discoverer.ts";
import { AzureTokens, type IdentityOptions } from "./azure-tokens.ts";
import { type AzureCloud, cloudOf } from "./clouds.ts";
import { InterfaceCache } from "./interface-cache.ts";
import { parseResourceId, ResourceManager } from "./resource-manager.ts";
import {
  accountLabels,
  addressLabels,
  machineLabels,
  type NetworkInterface,
  toNetworkInterface,
  toVirtualMachine,
  type VirtualMachine,
} from "./virtual-machine.ts";

/** How many network interfaces are asked for at a time. */
const PARALLEL = 20;
const COMPUTE_VERSION = "2024-03-01";
const INTERFACE_QUERY = `${new URLSearchParams({ $expand: "IPConfigurations/PublicIPAddress" }).toString()}&api-version=`;
const NETWORK_VERSION = "2023-05-01";
const SCALE_SET_NETWORK_VERSION = "2018-10-01";

/** Counts what azure discoverers need not ask for. */
export interface AzureObserver {
  /** A network interface was known already. */
  cacheHit(): void;
}

/** What asking Azure is made of. */
interface AzureOptions {
  readonly observer: AzureObserver;
  /** Where everything is. @default what `environment` says */
  readonly cloud?: Pick<AzureCloud, "authority" | "resourceManager">;
  /** @default none */
  readonly identity?: IdentityOptions;
}

/** What one look needs. */
interface Looking {
  readonly manager: ResourceManager;
  readonly cache: InterfaceCache;
  readonly observer: AzureObserver;
  readonly port: number;
  readonly signal: AbortSignal;
}

/**
 * `azure_sd_configs`: the virtual machines of a subscription, those of scale sets included.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#azure_sd_config
 */
export function azure({ observer, cloud: override, identity = {} }: AzureOptions): PolledMechanism {
  return {
    mechanism: "azure",
    createLook: (settings, api, { clock, noFiles }) => {
      const cloud = { ...cloudOf(textOf(settings, "environment")), ...override };
      const tokens = new AzureTokens(settings, cloud, identity, noFiles);
      const subscriptionId = textOf(settings, "subscription_id");
      const manager = new ResourceManager(api, tokens, cloud.resourceManager, subscriptionId);
      const cache = new InterfaceCache(clock, refreshIntervalOf(settings, "azure"));
      const account = accountLabels(subscriptionId, textOf(settings, "tenant_id"));
      const port = numberOf(settings, "port");
      return async (signal) => {
        const machines = await listMachines(manager, textOf(settings, "resource_group"), signal);
        const looking = { manager, cache, observer, port, signal };
        const targets = await inParallel(machines, PARALLEL, async (machine) => toTarget(machine, looking));
        return [
          flatGroup(
            "",
            targets.flatMap((target) => (target === undefined ? [] : [{ ...account, ...target }])),
          ),
        ];
      };
    },
  };
}

async function listMachines(
  manager: ResourceManager,
  group: string,
  signal: AbortSignal,
): Promise<readonly VirtualMachine[]> {
  const list = async (inGroup: string, type: string): ReturnType<ResourceManager["list"]> =>
    manager.list(`${groupPath(inGroup)}/providers/Microsoft.Compute/${type}`, COMPUTE_VERSION, signal);
  const own = await list(group, "virtualMachines");
  const scaleSets = await list(group, "virtualMachineScaleSets");
  const machines = own.map((node) => toVirtualMachine(node));
  for (const scaleSet of scaleSets) {
    const name = scaleSet.text("name");
    const { group: ownGroup } = parseResourceId(scaleSet.text("id"));
    const members = await list(ownGroup, `virtualMachineScaleSets/${encodeURIComponent(name)}/virtualMachines`);
    machines.push(...members.map((node) => toVirtualMachine(node, name)));
  }
  return machines;
}

/** Undefined for a machine that is deallocated, or has no primary network interface. */
async function toTarget(machine: VirtualMachine, looking: Looking): Promise<LabelValues | undefined> {
  const labels = machineLabels(machine);
  for (const id of machine.interfaces) {
    const found = await findInterface(machine, id, looking);
    if (found === "vanished") return undefined;
    if (found === undefined) continue;
    if (found.primary === undefined) return undefined;
    if (!found.primary || found.addresses === undefined) continue;
    if (found.addresses.privateIp === "") {
      throw new Error(`the virtual machine ${machine.node.text("name")} has no private address in ${id}`);
    }
    return { ...labels, ...addressLabels(found.addresses, looking.port) };
  }
  return undefined;
}

/** An interface without properties is undefined; one that is gone will be so for its machine too, at the next look. */
async function findInterface(
  { node, scaleSet }: VirtualMachine,
  id: string,
  { manager, cache, observer, signal }: Looking,
): Promise<NetworkInterface | undefined | "vanished"> {
  const known = cache.get(id);
  if (known !== undefined) {
    observer.cacheHit();
    return known.value;
  }
  const { group, name } = parseResourceId(id);
  const last = `networkInterfaces/${encodeURIComponent(name)}`;
  const found =
    scaleSet === undefined
      ? await manager.find(
          `${groupPath(group)}/providers/Microsoft.Network/${last}`,
          INTERFACE_QUERY + NETWORK_VERSION,
          signal,
        )
      : await manager.find(
          `${groupPath(group)}/providers/microsoft.Compute/virtualMachineScaleSets/${encodeURIComponent(scaleSet)}` +
            `/virtualMachines/${encodeURIComponent(node.text("instanceId"))}/${last}`,
          INTERFACE_QUERY + SCALE_SET_NETWORK_VERSION,
          signal,
        );
  if (found === undefined) return "vanished";
  const value = toNetworkInterface(found);
  cache.set(id, value);
  return value;
}

function groupPath(group: string): string {
  return group === "" ? "" : `/resourceGroups/${encodeURIComponent(group)}`;
}
