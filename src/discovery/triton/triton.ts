import type { DataObject } from "../../allocator/index.ts";
import { numberOf, textOf, textsOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, listLabel } from "../label-text.ts";
import { createConfiguredClient, type PolledMechanism } from "../polling-discoverer.ts";

const PREFIX = "__meta_triton_";

/** Where the machines of a role are listed, and what they become. */
interface Role {
  readonly path: string;
  readonly list: string;
  readonly uuid: string;
  readonly toLabels: (machine: JsonNode) => LabelValues;
}

/** What Triton's monitoring agent calls containers (virtual machines) and compute nodes (their servers). */
const ROLES: Readonly<Record<string, Role>> = {
  container: {
    path: "discover",
    list: "containers",
    uuid: "vm_uuid",
    toLabels: (container) => ({
      [`${PREFIX}machine_id`]: container.text("vm_uuid"),
      [`${PREFIX}machine_alias`]: container.text("vm_alias"),
      [`${PREFIX}machine_brand`]: container.text("vm_brand"),
      [`${PREFIX}machine_image`]: container.text("vm_image_uuid"),
      [`${PREFIX}server_id`]: container.text("server_uuid"),
      ...listLabel(`${PREFIX}groups`, container.texts("groups")),
    }),
  },
  cn: {
    path: "gz/discover",
    list: "cns",
    uuid: "server_uuid",
    toLabels: (node) => ({
      [`${PREFIX}machine_id`]: node.text("server_uuid"),
      [`${PREFIX}machine_alias`]: node.text("server_hostname"),
    }),
  },
};

/**
 * `triton_sd_configs`: the containers or compute nodes that an account may monitor, as Triton's monitoring proxy lists
 * them. https://prometheus.io/docs/prometheus/latest/configuration/configuration/#triton_sd_config
 */
export const triton: PolledMechanism = {
  mechanism: "triton",
  // Of the HTTP client keys it has tls_config only.
  createClient: (settings, surroundings) =>
    createConfiguredClient({ tls_config: settings["tls_config"], follow_redirects: true }, surroundings),
  createLook: (settings, api) => {
    const role = roleOf(settings);
    const url = urlOf(settings, role);
    const [suffix, port] = [textOf(settings, "dns_suffix"), String(numberOf(settings, "port"))];
    const toTarget = (machine: JsonNode): LabelValues => ({
      [ADDRESS]: `${machine.text(role.uuid)}.${suffix}:${port}`,
      ...role.toLabels(machine),
    });
    return async (signal) => {
      const machines = (await api.get(url, signal)).items(role.list);
      return [flatGroup(url, machines.map(toTarget))];
    };
  },
};

function roleOf(settings: DataObject): Role {
  const name = textOf(settings, "role");
  const role = Object.hasOwn(ROLES, name) ? ROLES[name] : undefined;
  if (role !== undefined) return role;
  throw new Error(`triton_sd_configs: role ${JSON.stringify(name)} is none of ${Object.keys(ROLES).join(", ")}`);
}

function urlOf(settings: DataObject, { path }: Role): string {
  const [port, version] = [numberOf(settings, "port"), numberOf(settings, "version")];
  const url = `https://${textOf(settings, "endpoint")}:${String(port)}/v${String(version)}/${path}`;
  const groups = textsOf(settings, "groups");
  return groups.length === 0 ? url : `${url}?groups=${encodeURIComponent(groups.join(","))}`;
}
