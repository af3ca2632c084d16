import { flagOf, textOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, listLabel } from "../label-text.ts";
import type { PolledMechanism } from "../polling-discoverer.ts";

const PREFIX = "__meta_nomad_";

/**
 * `nomad_sd_configs`: the instances of all services that are registered with Nomad itself.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#nomad_sd_config
 */
export const nomad: PolledMechanism = {
  mechanism: "nomad",
  createLook: (settings, api) => {
    const separator = textOf(settings, "tag_separator");
    const urlOf = (path: string): string => {
      const url = new URL(path, textOf(settings, "server"));
      for (const name of ["region", "namespace"]) {
        if (textOf(settings, name) !== "") url.searchParams.set(name, textOf(settings, name));
      }
      if (flagOf(settings, "allow_stale")) url.searchParams.set("stale", "");
      return url.href;
    };
    return async (signal) => {
      const namespaces = await api.get(urlOf("/v1/services"), signal);
      const services = namespaces.items().flatMap((namespace) => namespace.items("Services"));
      const targets: LabelValues[] = [];
      for (const service of services) {
        const path = `/v1/service/${encodeURIComponent(service.text("ServiceName"))}`;
        const instances = await api.get(urlOf(path), signal);
        for (const instance of instances.items()) targets.push(toTarget(instance, separator));
      }
      return [flatGroup("Nomad", targets)];
    };
  },
};

function toTarget(instance: JsonNode, separator: string): LabelValues {
  const [address, port] = [instance.text("Address"), instance.number("Port")];
  return {
    [ADDRESS]: hostPort(address, port),
    [`${PREFIX}address`]: address,
    [`${PREFIX}dc`]: instance.text("Datacenter"),
    [`${PREFIX}namespace`]: instance.text("Namespace"),
    [`${PREFIX}node_id`]: instance.text("NodeID"),
    [`${PREFIX}service`]: instance.text("ServiceName"),
    [`${PREFIX}service_address`]: address,
    [`${PREFIX}service_id`]: instance.text("ID"),
    [`${PREFIX}service_port`]: String(port),
    ...listLabel(`${PREFIX}tags`, instance.texts("Tags"), separator),
  };
}
