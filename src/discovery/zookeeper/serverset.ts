import type { LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, sanitised } from "../label-text.ts";
import { memberOf, parseMember, wholeNumberOf } from "./member-json.ts";
import type { ZooKeeperMechanism } from "./zookeeper-discoverer.ts";

const PREFIX = "__meta_serverset_";

/**
 * `serverset_sd_configs`: members of Finagle's and Aurora's server sets.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#serverset_sd_config
 */
export const serverset: ZooKeeperMechanism = {
  mechanism: "serverset",
  parse: (data, path) =>
    parseMember(data, (member) => {
      const service = endpointOf(memberOf(member, "serviceEndpoint"));
      return {
        [ADDRESS]: hostPort(service.host, service.port),
        [`${PREFIX}path`]: path,
        ...endpointLabels(service, ""),
        ...additionalLabels(memberOf(member, "additionalEndpoints")),
        [`${PREFIX}status`]: memberOf(member, "status").text(),
        [`${PREFIX}shard`]: String(wholeNumberOf(member, "shard")),
      };
    }),
};

interface Endpoint {
  readonly host: string;
  readonly port: number;
}

function endpointOf(node: JsonNode): Endpoint {
  return { host: memberOf(node, "host").text(), port: wholeNumberOf(node, "port") };
}

function endpointLabels({ host, port }: Endpoint, suffix: string): LabelValues {
  return { [`${PREFIX}endpoint_host${suffix}`]: host, [`${PREFIX}endpoint_port${suffix}`]: String(port) };
}

function additionalLabels(endpoints: JsonNode): LabelValues {
  return Object.assign(
    {},
    ...endpoints.entries().map(([name, node]) => endpointLabels(endpointOf(node), `_${sanitised(name)}`)),
  ) as LabelValues;
}
