import type { Instance } from "@aws-sdk/client-ec2";
import type { Cluster, Task } from "@aws-sdk/client-ecs";

import { numberOf, textsOf } from "../decoded-settings.ts";
import type { LabelValues } from "../flat-group.ts";
import { type AwsRoleOptions, awsMechanism, type ListTargets } from "./aws-mechanism.ts";
import { EcsApi } from "./ecs-api.ts";
import { ownInterface, taskTargets, type TaskSurroundings } from "./ecs-task.ts";

/**
 * `ecs_sd_configs`: the tasks of a region's clusters.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#ecs_sd_config
 */
export const ecs = awsMechanism("ecs", createListing);

function createListing(options: AwsRoleOptions): ListTargets {
  const { settings } = options;
  const api = new EcsApi(options, numberOf(settings, "request_concurrency"));
  const context = { region: options.client.region, port: numberOf(settings, "port") };
  return async (signal) => {
    const configured = textsOf(settings, "clusters");
    const names = configured.length > 0 ? configured : await api.clusterArns(signal);
    const clusters = await api.clusters(names, signal);
    const targets = await Promise.all(clusters.map(async (cluster) => clusterTargets(api, cluster, context, signal)));
    return targets.flat();
  };
}

async function clusterTargets(
  api: EcsApi,
  cluster: Cluster,
  context: Pick<TaskSurroundings, "region" | "port">,
  signal: AbortSignal,
): Promise<readonly LabelValues[]> {
  const arn = cluster.clusterArn ?? "";
  const tasks = await api.tasks(arn, signal);
  if (tasks.length === 0) return [];
  const services = await api.services(arn, signal);
  const surroundings: TaskSurroundings = {
    ...context,
    cluster,
    services: new Map(services.map((service) => [service.serviceName ?? "", service])),
    publicIps: await publicIps(api, tasks, signal),
    ...(await machines(api, arn, tasks, signal)),
  };
  return tasks.flatMap((task) => taskTargets(task, surroundings));
}

async function publicIps(
  api: EcsApi,
  tasks: readonly Task[],
  signal: AbortSignal,
): Promise<TaskSurroundings["publicIps"]> {
  const ids = unique(tasks.map((task) => ownInterface(task)?.get("networkInterfaceId")));
  const interfaces = await api.networkInterfaces(ids, signal);
  return new Map(
    interfaces.flatMap(({ NetworkInterfaceId = "", Association }) =>
      Association?.PublicIp === undefined ? [] : [[NetworkInterfaceId, Association.PublicIp] as const],
    ),
  );
}

/** The EC2 instances that tasks run on. */
async function machines(
  api: EcsApi,
  cluster: string,
  tasks: readonly Task[],
  signal: AbortSignal,
): Promise<Pick<TaskSurroundings, "instanceIds" | "instances">> {
  const arns = unique(tasks.map(({ containerInstanceArn }) => containerInstanceArn));
  const containerInstances = await api.containerInstances(cluster, arns, signal);
  const instanceIds = new Map(
    containerInstances.flatMap(({ containerInstanceArn = "", ec2InstanceId }) =>
      ec2InstanceId === undefined ? [] : [[containerInstanceArn, ec2InstanceId] as const],
    ),
  );
  const instances = await api.instances(unique([...instanceIds.values()]), signal);
  // Only what has an address is a machine that anything can be said of.
  const reachable = instances.filter(({ PrivateIpAddress }) => PrivateIpAddress !== undefined);
  const byId = new Map(reachable.map((instance): [string, Instance] => [instance.InstanceId ?? "", instance]));
  return { instanceIds, instances: byId };
}

function unique(values: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}
