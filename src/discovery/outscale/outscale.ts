import type { DataObject } from "../../allocator/index.ts";
import type { Clock } from "../../observability/clock.ts";
import { allPages } from "../all-pages.ts";
import { numberOf, textOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { JsonApi } from "../http-client/json-api.ts";
import { type Secret, type SecretFiles, secretOf, valueOf } from "../http-client/secret.ts";
import type { JsonNode } from "../json-node.ts";
import { ADDRESS, hostPort, mapLabels } from "../label-text.ts";
import type { PolledMechanism } from "../polling-discoverer.ts";
import { signOsc } from "./osc-signature.ts";

const PREFIX = "__meta_outscale_vm_";
const CONTENT_TYPE = "application/json";

/**
 * `outscale_sd_configs`: the virtual machines of an account in a region.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#outscale_sd_config
 */
export const outscale: PolledMechanism = {
  mechanism: "outscale",
  createLook: (settings, api, { files, clock }) => {
    const outscaleApi = new OutscaleApi(settings, { api, files, clock });
    const [region, port] = [textOf(settings, "region"), numberOf(settings, "port")];
    return async (signal) => {
      const machines = await outscaleApi.machines(signal);
      return [
        flatGroup(
          region,
          machines.flatMap((machine) => toTargets(machine, region, port)),
        ),
      ];
    };
  },
};

interface OutscaleSurroundings {
  readonly api: JsonApi;
  readonly files: SecretFiles;
  readonly clock: Clock;
}

/** https://docs.outscale.com/api.html#readvms */
class OutscaleApi {
  readonly #surroundings: OutscaleSurroundings;
  readonly #url: string;
  readonly #region: string;
  readonly #accessKey: string;
  readonly #secretKey: Secret | undefined;

  constructor(settings: DataObject, surroundings: OutscaleSurroundings) {
    this.#surroundings = surroundings;
    this.#url = `${textOf(settings, "endpoint").replace(/\/+$/, "")}/ReadVms`;
    this.#region = textOf(settings, "region");
    this.#accessKey = textOf(settings, "access_key");
    this.#secretKey = secretOf(settings, "secret_key", "outscale_sd_configs");
  }

  async machines(signal: AbortSignal): Promise<readonly JsonNode[]> {
    return allPages<JsonNode, string>(this.#url, "", async (token) => {
      const answer = await this.#read(token === "" ? {} : { NextPageToken: token }, signal);
      return { items: answer.items("Vms"), next: answer.text("NextPageToken") || undefined };
    });
  }

  async #read(body: object, signal: AbortSignal): Promise<JsonNode> {
    const { api, files, clock } = this.#surroundings;
    const secretKey = await valueOf(this.#secretKey, files);
    const request = { url: new URL(this.#url), contentType: CONTENT_TYPE, body: JSON.stringify(body) };
    const signature = signOsc(request, { accessKey: this.#accessKey, secretKey, region: this.#region }, clock.now());
    const headers = { "content-type": CONTENT_TYPE, ...signature };
    return (await api.ask(this.#url, { body, headers }, signal)).json();
  }
}

/** One target, at the private address if there is one; none without an address. */
function toTargets(machine: JsonNode, region: string, port: number): readonly LabelValues[] {
  const [privateIp, publicIp] = [machine.at("PrivateIp"), machine.at("PublicIp")];
  const address = privateIp.text() || publicIp.text();
  if (address === "") return [];
  const subregion = machine.at("Placement").at("SubregionName");
  return [
    {
      ...mapLabels(`${PREFIX}tag_`, tagsOf(machine)),
      [ADDRESS]: hostPort(address, port),
      [`${PREFIX}instance_id`]: machine.text("VmId"),
      [`${PREFIX}region`]: region,
      [`${PREFIX}subregion`]: textIfPresent(subregion),
      [`${PREFIX}state`]: machine.text("State"),
      [`${PREFIX}private_ip`]: textIfPresent(privateIp),
      [`${PREFIX}public_ip`]: textIfPresent(publicIp),
    },
  ];
}

function tagsOf(machine: JsonNode): readonly (readonly [string, string])[] {
  return machine
    .items("Tags")
    .map((tag) => [tag.text("Key"), tag.text("Value")] as const)
    .filter(([key, value]) => key !== "" && value !== "");
}

function textIfPresent(node: JsonNode): string | undefined {
  return node.present ? node.text() : undefined;
}
