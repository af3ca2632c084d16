import { ADDRESS, hostPort } from "../label-text.ts";
import { memberOf, parseMember, wholeNumberOf } from "./member-json.ts";
import type { ZooKeeperMechanism } from "./zookeeper-discoverer.ts";

const PREFIX = "__meta_nerve_";

/**
 * `nerve_sd_configs`: services that Nerve has registered.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#nerve_sd_config
 */
export const nerve: ZooKeeperMechanism = {
  mechanism: "nerve",
  parse: (data, path) =>
    parseMember(data, (member) => {
      const host = memberOf(member, "host").text();
      const port = wholeNumberOf(member, "port");
      return {
        [ADDRESS]: hostPort(host, port),
        [`${PREFIX}path`]: path,
        [`${PREFIX}endpoint_host`]: host,
        [`${PREFIX}endpoint_port`]: String(port),
        [`${PREFIX}endpoint_name`]: memberOf(member, "name").text(),
      };
    }),
};
