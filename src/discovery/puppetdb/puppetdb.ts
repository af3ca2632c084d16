import { flagOf, numberOf, textOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import { requestName } from "../http-client/http-error.ts";
import { requireJsonType } from "../http-client/json-type.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, listLabel } from "../label-text.ts";
import type { PolledMechanism } from "../polling-discoverer.ts";
import { parameterLabels } from "./parameter-labels.ts";

const PREFIX = "__meta_puppetdb_";
const QUERY_PATH = "pdb/query/v4";

/**
 * `puppetdb_sd_configs`: the nodes of the resources that a query finds, a target for each resource.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#puppetdb_sd_config
 */
export const puppetDb: PolledMechanism = {
  mechanism: "puppetdb",
  createLook: (settings, api) => {
    const query = textOf(settings, "query");
    const url = endpointOf(textOf(settings, "url"));
    const withParameters = flagOf(settings, "include_parameters");
    const port = numberOf(settings, "port");
    return async (signal) => {
      const reply = await api.ask(url, { body: { query }, accepts: (status) => status === 200 }, signal);
      requireJsonType(requestName("POST", new URL(url)), reply.header);
      const resources = reply.json().items();
      const common = { [`${PREFIX}query`]: query };
      const parametersOf = (resource: JsonNode): LabelValues =>
        withParameters ? parameterLabels(`${PREFIX}parameter_`, resource.at("parameters")) : {};
      const targets = resources.map((each) => Object.assign(toTarget(each, port), common, parametersOf(each)));
      return [flatGroup(`${url}?query=${query}`, targets)];
    };
  },
};

function endpointOf(base: string): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${QUERY_PATH}`;
  return url.href;
}

function toTarget(resource: JsonNode, port: number): Record<string, string> {
  const certname = resource.text("certname");
  return {
    [ADDRESS]: hostPort(certname, port),
    [`${PREFIX}certname`]: certname,
    [`${PREFIX}resource`]: resource.text("resource"),
    [`${PREFIX}type`]: resource.text("type"),
    [`${PREFIX}title`]: resource.text("title"),
    [`${PREFIX}exported`]: String(resource.flag("exported")),
    [`${PREFIX}file`]: resource.text("file"),
    [`${PREFIX}environment`]: resource.text("environment"),
    ...listLabel(`${PREFIX}tags`, resource.texts("tags")),
  };
}
