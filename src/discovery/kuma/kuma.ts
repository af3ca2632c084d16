import { hostname } from "node:os";

import { type DataObject, parseDuration, type TargetGroup } from "../../allocator/index.ts";
import { textOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, mapLabels } from "../label-text.ts";
import type { PolledMechanism } from "../polling-discoverer.ts";

const PREFIX = "__meta_kuma_";
const TYPE_URL = "type.googleapis.com/kuma.observability.v1.MonitoringAssignment";
/** For the way there and back, on top of the time that the server may hold a request. */
const MARGIN_MS = 15_000;

/** What the server said last, which it wants to hear with the next request. */
interface Version {
  readonly version: string;
  readonly nonce: string;
}

/**
 * `kuma_sd_configs`: the dataplanes of a Kuma mesh, from its monitoring assignment discovery service: xDS, as JSON over
 * HTTP. The server holds a request while nothing has changed.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kuma_sd_config
 */
export const kuma: PolledMechanism = {
  mechanism: "kuma",
  timeoutOf: (settings) => (parseDuration(textOf(settings, "fetch_timeout")) ?? 0) + MARGIN_MS,
  createLook: (settings, api) => {
    const url = endpointOf(settings);
    const id = textOf(settings, "client_id") || hostname() || "prometheus";
    let last: Version = { version: "", nonce: "" };
    let known: readonly TargetGroup[] = [];
    return async (signal) => {
      const reply = await api.ask(url, { body: toRequest(last, id), accepts }, signal);
      if (reply.status === 304) return known;
      const answer = reply.json();
      known = [flatGroup("kuma", targetsOf(answer))];
      last = { version: either(answer, "version_info", "versionInfo").text(), nonce: answer.text("nonce") };
      return known;
    };
  },
};

/** 304: nothing is new. */
function accepts(status: number): boolean {
  return status === 200 || status === 304;
}

function endpointOf(settings: DataObject): string {
  const url = new URL(textOf(settings, "server"));
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v3/discovery:monitoringassignments`;
  url.search = new URLSearchParams({ "fetch-timeout": textOf(settings, "fetch_timeout") }).toString();
  return url.href;
}

/** Fields without a value are left out, as the JSON form of protocol buffers has it. */
function toRequest({ version, nonce }: Version, id: string): object {
  return {
    ...(version === "" ? {} : { version_info: version }),
    node: { id },
    type_url: TYPE_URL,
    ...(nonce === "" ? {} : { response_nonce: nonce }),
  };
}

/** A field, which can be written in either of two ways. */
function either(node: JsonNode, snakeCase: string, camelCase: string): JsonNode {
  const given = node.at(snakeCase);
  return given.present ? given : node.at(camelCase);
}

function targetsOf(answer: JsonNode): readonly LabelValues[] {
  requireType(either(answer, "type_url", "typeUrl"));
  return answer.items("resources").flatMap((assignment) => {
    requireType(assignment.at("@type"));
    const common = {
      ...mapLabels(`${PREFIX}label_`, assignment.textEntries("labels")),
      [`${PREFIX}mesh`]: assignment.text("mesh"),
      [`${PREFIX}service`]: assignment.text("service"),
    };
    return assignment.items("targets").map((target) => toTarget(target, common));
  });
}

function requireType(type: JsonNode): void {
  if (type.text() !== TYPE_URL) type.fail(TYPE_URL);
}

function toTarget(target: JsonNode, common: LabelValues): LabelValues {
  const name = target.text("name");
  return {
    ...mapLabels(`${PREFIX}label_`, target.textEntries("labels")),
    ...common,
    [`${PREFIX}dataplane`]: name,
    [ADDRESS]: target.text("address"),
    instance: name,
    __scheme__: target.text("scheme"),
    __metrics_path__: either(target, "metrics_path", "metricsPath").text(),
  };
}
