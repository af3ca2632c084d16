import { refreshIntervalOf, textOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS } from "../label-text.ts";
import type { PolledMechanism } from "../polling-discoverer.ts";
import { UyuniApi, type UyuniCall } from "./uyuni-api.ts";

const PREFIX = "__meta_uyuni_";

/**
 * `uyuni_sd_configs`: the monitoring endpoints of the systems that Uyuni manages.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#uyuni_sd_config
 */
export const uyuni: PolledMechanism = {
  mechanism: "uyuni",
  createLook: (settings, _api, { client, clock }) => {
    const api = new UyuniApi(settings, { client, clock, timeoutMs: refreshIntervalOf(settings, "uyuni") });
    const [entitlement, separator] = [textOf(settings, "entitlement"), textOf(settings, "separator")];
    return async (signal) => {
      const targets = await api.use(async (call) => findEndpoints(call, entitlement, separator), signal);
      return [flatGroup(api.url, targets)];
    };
  },
};

async function findEndpoints(call: UyuniCall, entitlement: string, separator: string): Promise<readonly LabelValues[]> {
  const systems = await call("system.listSystemGroupsForSystemsWithEntitlement", entitlement);
  const groups = new Map(systems.map((system) => [system.number("id"), groupsOf(system).join(separator)]));
  const ids = [...groups.keys()];
  const endpoints = await call("system.monitoring.listEndpoints", ids);
  const networks = await call("system.getNetworkForSystems", ids);
  const networkOf = new Map(networks.map((network) => [network.number("system_id"), network]));
  return endpoints.map((endpoint) => {
    const id = endpoint.number("system_id");
    return toTarget(endpoint, networkOf.get(id), groups.get(id) ?? "");
  });
}

function groupsOf(system: JsonNode): readonly string[] {
  return system.items("system_groups").map((group) => group.text("name"));
}

function toTarget(endpoint: JsonNode, network: JsonNode | undefined, groups: string): LabelValues {
  const host = network?.text("hostname") ?? "";
  return {
    [ADDRESS]: `${host}:${String(endpoint.number("port"))}`,
    [`${PREFIX}minion_hostname`]: host,
    [`${PREFIX}primary_fqdn`]: network?.text("primary_fqdn") ?? "",
    [`${PREFIX}system_id`]: String(endpoint.number("system_id")),
    [`${PREFIX}groups`]: groups,
    [`${PREFIX}endpoint_name`]: endpoint.text("endpoint_name"),
    [`${PREFIX}exporter`]: endpoint.text("exporter_name"),
    [`${PREFIX}proxy_module`]: endpoint.text("module"),
    [`${PREFIX}metrics_path`]: endpoint.text("path"),
    [`${PREFIX}scheme`]: endpoint.flag("tls_enabled") ? "https" : "http",
  };
}
