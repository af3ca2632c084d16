import { textOf } from "../decoded-settings.ts";
import type { PolledMechanism } from "../polling-discoverer.ts";
import { createBaremetalLook } from "./baremetal.ts";
import { createInstanceLook } from "./instance.ts";
import { ScalewayApi } from "./scaleway-api.ts";

/**
 * `scaleway_sd_configs`: instances or Elastic Metal servers of a zone.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scaleway_sd_config
 */
export const scaleway: PolledMechanism = {
  mechanism: "scaleway",
  createLook: (settings, api, { files }) => {
    const scalewayApi = new ScalewayApi(settings, api, files);
    return textOf(settings, "role") === "baremetal"
      ? createBaremetalLook(settings, scalewayApi)
      : createInstanceLook(settings, scalewayApi);
  },
};
