import type { LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";

/** What is known of a virtual private server, by label without its prefix. */
export function vpsLabels(server: JsonNode): LabelValues {
  const model = server.at("model");
  return {
    offer: model.text("offer"),
    // As Go prints a list.
    datacenter: `[${model.texts("datacenter").join(" ")}]`,
    model_vcore: String(model.number("vcore")),
    maximum_additional_ip: String(model.number("maximumAdditionnalIp")),
    version: model.text("version"),
    model_name: model.text("name"),
    disk: String(model.number("disk")),
    memory: String(model.number("memory")),
    zone: server.text("zone"),
    display_name: server.text("displayName"),
    cluster: server.text("cluster"),
    state: server.text("state"),
    name: server.text("name"),
    netboot_mode: server.text("netbootMode"),
    memory_limit: String(server.number("memoryLimit")),
    offer_type: server.text("offerType"),
    vcore: String(server.number("vcore")),
  };
}
