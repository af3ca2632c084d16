import type { DataObject } from "../../allocator/index.ts";
import { allPages } from "../all-pages.ts";
import { numberOf, textOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonApi } from "../http-client/json-api.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, listLabel, mapLabels, sanitised } from "../label-text.ts";
import { createConfiguredClient, type Look, type PolledMechanism } from "../polling-discoverer.ts";
import { GoogleTokens } from "./google-tokens.ts";

const PREFIX = "__meta_gce_";
const SCOPE = "https://www.googleapis.com/auth/compute.readonly";
/** The mechanism has no HTTP client keys. */
const HTTP_SETTINGS = { follow_redirects: true, proxy_from_environment: true };

/**
 * `gce_sd_configs`: the instances of a project in a zone.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#gce_sd_config
 *
 * @param endpoint - Where the API is.
 */
export function gce(endpoint = "https://compute.googleapis.com"): PolledMechanism {
  return {
    mechanism: "gce",
    createClient: (_, surroundings) => createConfiguredClient(HTTP_SETTINGS, surroundings),
    createLook: (settings, api, { noFiles }) => {
      if (noFiles !== undefined) {
        throw new Error(`gce_sd_configs: it has the identity of its process only, which jobs cannot use: ${noFiles}`);
      }
      return createLook(settings, api, endpoint);
    },
  };
}

function createLook(settings: DataObject, api: JsonApi, endpoint: string): Look {
  const [project, zone, filter] = [textOf(settings, "project"), textOf(settings, "zone"), textOf(settings, "filter")];
  const context = { project, port: numberOf(settings, "port"), separator: textOf(settings, "tag_separator") };
  const path = `projects/${encodeURIComponent(project)}/zones/${encodeURIComponent(zone)}/instances`;
  const list = `${endpoint}/compute/v1/${path}`;
  const tokens = new GoogleTokens(SCOPE, project);
  return async (signal) => {
    const token = await tokens.token(signal);
    const read = allPages<JsonNode, string>(list, "", async (page) => {
      const query = new URLSearchParams({
        ...(filter === "" ? {} : { filter }),
        ...(page === "" ? {} : { pageToken: page }),
      }).toString();
      const url = query === "" ? list : `${list}?${query}`;
      const answer = await api.get(url, signal, { authorization: `Bearer ${token}` });
      return { items: answer.items("items"), next: answer.text("nextPageToken") || undefined };
    });
    const instances = await read.catch((error: unknown) => {
      tokens.forget();
      throw error;
    });
    const targets = instances.flatMap((instance) => toTargets(instance, context));
    return [flatGroup(`GCE_${project}_${zone}`, targets)];
  };
}

/** One target, at the first network interface; none for an instance that has none. */
function toTargets(
  instance: JsonNode,
  { project, port, separator }: { readonly project: string; readonly port: number; readonly separator: string },
): readonly LabelValues[] {
  const interfaces = instance.items("networkInterfaces");
  const [first] = interfaces;
  if (first === undefined) return [];
  const address = first.text("networkIP");
  const [access] = first.items("accessConfigs");
  return [
    {
      [ADDRESS]: `${address}:${String(port)}`,
      [`${PREFIX}project`]: project,
      [`${PREFIX}zone`]: instance.text("zone"),
      // A number too large for JSON's: Google sends it as a text.
      [`${PREFIX}instance_id`]: instance.text("id") || "0",
      [`${PREFIX}instance_name`]: instance.text("name"),
      [`${PREFIX}instance_status`]: instance.text("status"),
      [`${PREFIX}machine_type`]: instance.text("machineType"),
      [`${PREFIX}network`]: first.text("network"),
      [`${PREFIX}subnetwork`]: first.text("subnetwork"),
      [`${PREFIX}private_ip`]: address,
      [`${PREFIX}public_ip`]: access?.text("type") === "ONE_TO_ONE_NAT" ? access.text("natIP") : undefined,
      ...Object.fromEntries(
        interfaces.map((each) => [`${PREFIX}interface_ipv4_${sanitised(each.text("name"))}`, each.text("networkIP")]),
      ),
      ...listLabel(`${PREFIX}tags`, instance.at("tags").texts("items"), separator),
      ...mapLabels(`${PREFIX}metadata_`, metadataOf(instance)),
      ...mapLabels(`${PREFIX}label_`, instance.textEntries("labels")),
    },
  ];
}

/** Entries that users have given a value. */
function metadataOf(instance: JsonNode): readonly (readonly [string, string])[] {
  const items = instance.at("metadata").items("items");
  return items.filter((item) => item.at("value").present).map((item) => [item.text("key"), item.text("value")]);
}
