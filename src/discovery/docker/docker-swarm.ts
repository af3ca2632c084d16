import { numberOf, textOf } from "../decoded-settings.ts";
import { flatGroup, type LabelValues } from "../flat-group.ts";
import type { Look, PolledMechanism } from "../polling-discoverer.ts";
import { createEngineClient, EngineApi } from "./engine-api.ts";
import { nodeTarget } from "./swarm-node.ts";
import { serviceTargets } from "./swarm-service.ts";
import { SWARM_PREFIX } from "./swarm-values.ts";
import { worldOf } from "./swarm-world.ts";
import { taskTargets } from "./swarm-task.ts";

/** What is looked for: the targets that one role finds. */
type Role = (engine: EngineApi, port: number, signal: AbortSignal) => Promise<readonly LabelValues[]>;

const ROLES: Readonly<Record<string, Role>> = {
  nodes: async (engine, port, signal) =>
    (await engine.filtered("/nodes", signal)).map((node) => nodeTarget(node, port)),
  services: async (engine, port, signal) => {
    const services = await engine.filtered("/services", signal);
    const networks = await engine.networkLabels(SWARM_PREFIX, signal);
    return services.flatMap((service) => serviceTargets(service, networks, port));
  },
  tasks: async (engine, port, signal) => {
    const tasks = await engine.filtered("/tasks", signal);
    const world = await worldOf(engine, signal);
    return tasks.flatMap((task) => taskTargets(task, world, port));
  },
};

/**
 * `dockerswarm_sd_configs`: the nodes, services or tasks of a swarm.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#dockerswarm_sd_config
 */
export const dockerSwarm: PolledMechanism = {
  mechanism: "dockerswarm",
  createClient: (settings, surroundings) => createEngineClient(settings, surroundings, "dockerswarm"),
  createLook: (settings, api): Look => {
    const engine = new EngineApi(settings, api, "dockerswarm");
    const port = numberOf(settings, "port");
    const role = ROLES[textOf(settings, "role")];
    if (role === undefined) throw new Error(`dockerswarm_sd_configs: role must be ${Object.keys(ROLES).join(", ")}`);
    return async (signal) => [flatGroup("DockerSwarm", await role(engine, port, signal))];
  },
};
