import type { LabelValues } from "../flat-group.ts";
import type { JsonNode } from "../json-node.ts";

/** What is known of a dedicated server, by label without its prefix. */
export function dedicatedServerLabels(server: JsonNode): LabelValues {
  return {
    state: server.text("state"),
    commercial_range: server.text("commercialRange"),
    link_speed: String(server.number("linkSpeed")),
    rack: server.text("rack"),
    no_intervention: String(server.flag("noIntervention")),
    os: server.text("os"),
    support_level: server.text("supportLevel"),
    server_id: String(server.number("serverId")),
    reverse: server.text("reverse"),
    datacenter: server.text("datacenter"),
    name: server.text("name"),
  };
}
