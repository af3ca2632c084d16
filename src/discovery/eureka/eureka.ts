import { errorMessage } from "../../observability/error-text.ts";
import { textOf } from "../decoded-settings.ts";
import { flatGroup } from "../flat-group.ts";
import { requestName } from "../http-client/http-error.ts";
import type { PolledMechanism } from "../polling-discoverer.ts";
import { instancesOf } from "./eureka-instance.ts";
import { parseXml } from "../xml.ts";

/**
 * `eureka_sd_configs`: the instances of all apps that are registered with Eureka.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#eureka_sd_config
 */
export const eureka: PolledMechanism = {
  mechanism: "eureka",
  createLook: (settings, api) => {
    const url = `${textOf(settings, "server")}/apps`;
    return async (signal) => {
      // Nothing is asked for by type: Eureka answers in XML then.
      const reply = await api.ask(url, { headers: { accept: "*/*" } }, signal);
      try {
        return [flatGroup("eureka", instancesOf(parseXml(reply.text())))];
      } catch (error) {
        const name = requestName("GET", new URL(url));
        throw new Error(`${name}: the answer is no list of apps in XML: ${errorMessage(error)}`, { cause: error });
      }
    };
  },
};
