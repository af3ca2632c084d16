import { allPages } from "../all-pages.ts";
import { numberOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, listLabel } from "../label-text.ts";
import type { PolledMechanism } from "../polling-discoverer.ts";

const PREFIX = "__meta_vultr_instance_";

/**
 * `vultr_sd_configs`: instances at their main address.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#vultr_sd_config
 *
 * @param endpoint - Where the API is.
 */
export function vultr(endpoint = "https://api.vultr.com"): PolledMechanism {
  return {
    mechanism: "vultr",
    createLook: (settings, api) => {
      const port = numberOf(settings, "port");
      const list = `${endpoint}/v2/instances`;
      return async (signal) => {
        const instances = await allPages<JsonNode, string>(list, "", async (cursor) => {
          const query = new URLSearchParams({ per_page: "100", ...(cursor === "" ? {} : { cursor }) });
          const answer = await api.get(`${list}?${query.toString()}`, signal);
          const next = answer.at("meta").at("links").text("next");
          return { items: answer.items("instances"), next: next === "" ? undefined : next };
        });
        return [
          flatGroup(
            "Vultr",
            instances.map((instance) => toTarget(instance, port)),
          ),
        ];
      };
    },
  };
}

function toTarget(instance: JsonNode, port: number): LabelValues {
  return {
    [ADDRESS]: hostPort(instance.text("main_ip"), port),
    [`${PREFIX}id`]: instance.text("id"),
    [`${PREFIX}label`]: instance.text("label"),
    [`${PREFIX}os`]: instance.text("os"),
    [`${PREFIX}os_id`]: String(instance.number("os_id")),
    [`${PREFIX}region`]: instance.text("region"),
    [`${PREFIX}plan`]: instance.text("plan"),
    [`${PREFIX}main_ip`]: instance.text("main_ip"),
    [`${PREFIX}main_ipv6`]: instance.text("v6_main_ip"),
    [`${PREFIX}internal_ip`]: instance.text("internal_ip"),
    [`${PREFIX}hostname`]: instance.text("hostname"),
    [`${PREFIX}server_status`]: instance.text("server_status"),
    [`${PREFIX}vcpu_count`]: String(instance.number("vcpu_count")),
    [`${PREFIX}ram_mb`]: String(instance.number("ram")),
    [`${PREFIX}allowed_bandwidth_gb`]: String(instance.number("allowed_bandwidth")),
    [`${PREFIX}disk_gb`]: String(instance.number("disk")),
    ...listLabel(`${PREFIX}features`, instance.texts("features")),
    ...listLabel(`${PREFIX}tags`, instance.texts("tags")),
  };
}
