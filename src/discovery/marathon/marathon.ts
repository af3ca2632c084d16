import { textsOf } from "../decoded-settings.ts";
import { secretOf, valueOf } from "../http-client/secret.ts";
import type { PolledMechanism } from "../polling-discoverer.ts";
import { toAppGroup } from "./app-group.ts";

const APPS_PATH = "/v2/apps/?embed=apps.tasks";

/**
 * `marathon_sd_configs`: the tasks of all apps, one group for each app. Asks any one of the servers each time.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#marathon_sd_config
 */
export const marathon: PolledMechanism = {
  mechanism: "marathon",
  createLook: (settings, api, { files }) => {
    const servers = textsOf(settings, "servers");
    const token = secretOf(settings, "auth_token", "marathon_sd_configs");
    return async (signal) => {
      const server = servers[Math.floor(Math.random() * servers.length)] ?? "";
      const headers: Record<string, string> =
        token === undefined ? {} : { authorization: `token=${await valueOf(token, files)}` };
      const answer = await api.get(server + APPS_PATH, signal, headers);
      return answer.items("apps").map(toAppGroup);
    };
  },
};
