import type { DataObject } from "../../allocator/index.ts";
import { isSection, textOf, textsOf } from "../decoded-settings.ts";
import type { LabelValues } from "../flat-group.ts";
import { createBareHttpClient, type DiscoveryHttpClient } from "../http-client/http-client.ts";
import type { JsonApi } from "../http-client/json-api.ts";
import type { JsonNode } from "../json-node.ts";
import { mapLabels } from "../label-text.ts";
import { createConfiguredClient, type MechanismSurroundings } from "../polling-discoverer.ts";

/** Where an engine listens. */
interface EngineHost {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly socketPath: string | undefined;
  /** Whether the HTTP client keys count: with sockets and tcp they do not, as in Docker's own client. */
  readonly configured: boolean;
}

/**
 * Docker's engine API, in the version that the engine has itself. Podman has it too.
 * https://docs.docker.com/reference/api/engine/
 */
export class EngineApi {
  readonly #baseUrl: string;
  readonly #filters: string;
  readonly #api: JsonApi;

  /** @param mechanism - As in the file, for error messages. */
  constructor(settings: DataObject, api: JsonApi, mechanism: string) {
    this.#baseUrl = hostOf(settings, mechanism).baseUrl;
    this.#filters = filtersOf(settings);
    this.#api = api;
  }

  /** The list at a path, such as `/containers/json`. */
  async list(path: string, signal: AbortSignal): Promise<readonly JsonNode[]> {
    return (await this.#api.get(this.#baseUrl + path, signal)).items();
  }

  /** The same, with the configured filters. */
  async filtered(path: string, signal: AbortSignal): Promise<readonly JsonNode[]> {
    return this.list(this.#filters === "" ? path : `${path}?filters=${encodeURIComponent(this.#filters)}`, signal);
  }

  /** The labels of each network by its id. */
  async networkLabels(prefix: string, signal: AbortSignal): Promise<ReadonlyMap<string, LabelValues>> {
    const networks = await this.list("/networks", signal);
    return new Map(
      networks.map((network) => [
        network.text("Id"),
        {
          [`${prefix}network_id`]: network.text("Id"),
          [`${prefix}network_name`]: network.text("Name"),
          [`${prefix}network_scope`]: network.text("Scope"),
          [`${prefix}network_internal`]: String(network.flag("Internal")),
          [`${prefix}network_ingress`]: String(network.flag("Ingress")),
          ...mapLabels(`${prefix}network_label_`, network.textEntries("Labels")),
        },
      ]),
    );
  }
}

/** Makes what asks an engine. Throws for a host that cannot be asked, or must not be. */
export function createEngineClient(
  settings: DataObject,
  surroundings: MechanismSurroundings,
  mechanism: string,
): DiscoveryHttpClient {
  const { socketPath, configured } = hostOf(settings, mechanism);
  if (configured) return createConfiguredClient(settings, surroundings);
  if (socketPath !== undefined && surroundings.noFiles !== undefined) {
    throw new Error(`${mechanism}_sd_configs: host ${socketPath}: ${surroundings.noFiles}`);
  }
  return createBareHttpClient(surroundings, { socketPath });
}

function hostOf(settings: DataObject, mechanism: string): EngineHost {
  const host = textOf(settings, "host");
  if (host.startsWith("unix://")) {
    return { baseUrl: "http://localhost", socketPath: host.slice("unix://".length), configured: false };
  }
  const isTcp = host.startsWith("tcp://");
  const url = URL.parse(isTcp ? host.replace(/^tcp:/, "http:") : host);
  if (url !== null && ["http:", "https:"].includes(url.protocol)) {
    return { baseUrl: url.href.replace(/\/+$/, ""), socketPath: undefined, configured: !isTcp };
  }
  throw new Error(`${mechanism}_sd_configs: host ${host} must begin with unix://, tcp://, http:// or https://`);
}

/** As the engine wants them: `{"name":{"value":true}}`. */
function filtersOf(settings: DataObject): string {
  const filters = settings["filters"];
  const byName: Record<string, Record<string, true>> = {};
  for (const filter of Array.isArray(filters) ? filters.filter(isSection) : []) {
    const values = (byName[textOf(filter, "name")] ??= {});
    for (const value of textsOf(filter, "values")) values[value] = true;
  }
  return Object.keys(byName).length === 0 ? "" : JSON.stringify(byName);
}
