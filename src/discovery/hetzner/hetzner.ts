import { textOf } from "../decoded-settings.ts";
import type { PolledMechanism } from "../polling-discoverer.ts";
import { createCloudLook } from "./hetzner-cloud.ts";
import { createRobotLook } from "./hetzner-robot.ts";

/** Where the two APIs are. */
export interface HetznerEndpoints {
  readonly cloud: string;
  readonly robot: string;
}

const ENDPOINTS: HetznerEndpoints = {
  cloud: "https://api.hetzner.cloud/v1",
  robot: "https://robot-ws.your-server.de",
};

/**
 * `hetzner_sd_configs`: servers of the cloud, or dedicated ones.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#hetzner_sd_config
 */
export function hetzner({ cloud, robot }: HetznerEndpoints = ENDPOINTS): PolledMechanism {
  return {
    mechanism: "hetzner",
    createLook: (settings, api) =>
      textOf(settings, "role") === "robot"
        ? createRobotLook(settings, api, robot)
        : createCloudLook(settings, api, cloud),
  };
}
