import { textOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import { HttpRequestError } from "../http-client/http-error.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS } from "../label-text.ts";
import { createConfiguredClient, type PolledMechanism } from "../polling-discoverer.ts";
import { type Addresses, addressesIn } from "./addresses.ts";
import { dedicatedServerLabels } from "./dedicated-server.ts";
import { OvhApi, type OvhGet } from "./ovh-api.ts";
import { vpsLabels } from "./vps.ts";

/** What is rented, where it is listed, and what its labels are. */
interface Service {
  readonly name: string;
  readonly path: string;
  /** By label without its prefix. */
  readonly toLabels: (server: JsonNode) => LabelValues;
}

const SERVICES: readonly Service[] = [
  { name: "dedicated_server", path: "/dedicated/server", toLabels: dedicatedServerLabels },
  { name: "vps", path: "/vps", toLabels: vpsLabels },
];

/** It is listed, but there is nothing to be said of it: given back meanwhile, or not paid for any more. */
const NOT_THERE: ReadonlySet<number | undefined> = new Set([404, 460]);

/**
 * `ovhcloud_sd_configs`: dedicated servers or virtual private servers.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#ovhcloud_sd_config
 */
export const ovhCloud: PolledMechanism = {
  mechanism: "ovhcloud",
  // It has none of the HTTP client keys; the vendor's own client does the same.
  createClient: (_settings, surroundings) =>
    createConfiguredClient({ follow_redirects: true, proxy_from_environment: true }, surroundings),
  createLook: (settings, api) => {
    const service = serviceOf(textOf(settings, "service"));
    const ovh = new OvhApi(settings, api);
    return async (signal) => {
      const get = await ovh.open(signal);
      const names = (await get(service.path, signal)).items().map((each) => each.text());
      const targets: LabelValues[] = [];
      for (const name of names) targets.push(...(await lookAt(name, service, get, signal)));
      return [flatGroup(`ovhcloud_${service.name}`, targets)];
    };
  },
};

function serviceOf(name: string): Service {
  const service = SERVICES.find((each) => each.name === name);
  if (service !== undefined) return service;
  const known = SERVICES.map((each) => each.name).join(", ");
  throw new Error(`ovhcloud_sd_configs: service ${JSON.stringify(name)} is none of ${known}`);
}

/** One target; none for a server that is not there any more, or that has no address. */
async function lookAt(
  name: string,
  service: Service,
  get: OvhGet,
  signal: AbortSignal,
): Promise<readonly LabelValues[]> {
  const path = `${service.path}/${encodeURIComponent(name)}`;
  try {
    const [server, ips] = await Promise.all([get(path, signal), get(`${path}/ips`, signal)]);
    const addresses = addressesIn(ips.items().map((ip) => ip.text()));
    return addresses === undefined ? [] : [toTarget(server, addresses, service)];
  } catch (error) {
    if (error instanceof HttpRequestError && NOT_THERE.has(error.status)) return [];
    throw error;
  }
}

function toTarget(server: JsonNode, { ipv4, ipv6 }: Addresses, { name, toLabels }: Service): LabelValues {
  const labels = Object.entries({ ...toLabels(server), ipv4, ipv6 });
  return {
    [ADDRESS]: ipv4 || ipv6,
    instance: server.text("name"),
    ...Object.fromEntries(labels.map(([label, value]) => [`__meta_ovhcloud_${name}_${label}`, value])),
  };
}
