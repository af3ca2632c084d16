import type { Instance } from "@aws-sdk/client-ec2";
import type { Attachment, Cluster, Service, Task } from "@aws-sdk/client-ecs";

import type { LabelValues } from "../flat-group.ts";
import { ADDRESS, hostPort } from "../label-text.ts";
import { fieldLabels } from "./field-labels.ts";
import { type Tag, tagLabels } from "./tag-labels.ts";

const PREFIX = "__meta_ecs_";

/** What a task refers to. */
export interface TaskSurroundings {
  readonly region: string;
  readonly port: number;
  readonly cluster: Cluster;
  /** By name. */
  readonly services: ReadonlyMap<string, Service>;
  /** IDs of EC2 instances by the ARNs of container instances. */
  readonly instanceIds: ReadonlyMap<string, string>;
  /** EC2 instances by their IDs. */
  readonly instances: ReadonlyMap<string, Instance>;
  /** Public addresses of network interfaces by their IDs. */
  readonly publicIps: ReadonlyMap<string, string>;
}

/** Where a task is reached. */
interface Network {
  readonly mode: "awsvpc" | "bridge";
  readonly address: string | undefined;
  readonly publicIp: string | undefined;
  readonly subnetId: string | undefined;
}

/** The network interface that a task has of its own, if it has one: its ID, address and subnet by AWS's names. */
export function ownInterface({ attachments = [] }: Task): ReadonlyMap<string, string> | undefined {
  const attachment = attachments.find(({ type }) => type === "ElasticNetworkInterface");
  return attachment === undefined ? undefined : detailsOf(attachment);
}

/** The target of a task; none for a task without an address. */
export function taskTargets(task: Task, surroundings: TaskSurroundings): readonly LabelValues[] {
  const { cluster, instanceIds, instances, port, region } = surroundings;
  const instanceId = instanceIds.get(task.containerInstanceArn ?? "");
  const instance = instances.get(instanceId ?? "");
  const network = networkOf(task, instance, surroundings);
  if (network?.address === undefined) return [];
  return [
    {
      [ADDRESS]: hostPort(network.address, port),
      [`${PREFIX}region`]: region,
      [`${PREFIX}cluster`]: cluster.clusterName,
      [`${PREFIX}cluster_arn`]: cluster.clusterArn,
      [`${PREFIX}ip_address`]: network.address,
      [`${PREFIX}public_ip`]: network.publicIp,
      [`${PREFIX}subnet_id`]: network.subnetId,
      [`${PREFIX}network_mode`]: network.mode,
      ...fieldLabels(PREFIX, task, TASK_LABELS),
      [`${PREFIX}ec2_instance_id`]: instanceId,
      ...fieldLabels(PREFIX, instance, INSTANCE_LABELS),
      ...tags("cluster", cluster.tags),
      ...serviceLabels(task, surroundings.services),
      ...tags("task", task.tags),
      ...tagLabels(`${PREFIX}tag_ec2_`, instance?.Tags),
    },
  ];
}

const TASK_LABELS = {
  availabilityZone: "availability_zone",
  containerInstanceArn: "container_instance_arn",
  desiredStatus: "desired_status",
  group: "task_group",
  healthStatus: "health_status",
  lastStatus: "last_status",
  launchType: "launch_type",
  platformFamily: "platform_family",
  platformVersion: "platform_version",
  taskArn: "task_arn",
  taskDefinitionArn: "task_definition",
} as const;

const INSTANCE_LABELS = {
  InstanceType: "ec2_instance_type",
  PrivateIpAddress: "ec2_instance_private_ip",
  PublicIpAddress: "ec2_instance_public_ip",
} as const;

/** A task is reached at its own network interface, or else at the EC2 instance that it runs on. */
function networkOf(
  task: Task,
  instance: Instance | undefined,
  { publicIps }: Pick<TaskSurroundings, "publicIps">,
): Network | undefined {
  const own = ownInterface(task);
  if (own !== undefined) {
    return {
      mode: "awsvpc",
      address: own.get("privateIPv4Address"),
      subnetId: own.get("subnetId"),
      publicIp: publicIps.get(own.get("networkInterfaceId") ?? ""),
    };
  }
  if (instance === undefined) return undefined;
  const { PrivateIpAddress, PublicIpAddress, SubnetId } = instance;
  return { mode: "bridge", address: PrivateIpAddress, publicIp: PublicIpAddress, subnetId: SubnetId };
}

function detailsOf({ details = [] }: Attachment): ReadonlyMap<string, string> {
  return new Map(
    details.flatMap(({ name, value }) => (name === undefined || value === undefined ? [] : [[name, value] as const])),
  );
}

/** The group of a task is `service:NAME`, or `family:NAME` for a task that belongs to no service. */
function serviceLabels({ group = "" }: Task, services: ReadonlyMap<string, Service>): LabelValues {
  if (group.startsWith("family:")) return {};
  const service = services.get(group.split(":")[1] ?? "");
  if (service === undefined) return {};
  return {
    [`${PREFIX}service`]: service.serviceName,
    [`${PREFIX}service_arn`]: service.serviceArn,
    [`${PREFIX}service_status`]: service.status,
    ...tags("service", service.tags),
  };
}

function tags(kind: string, given: Cluster["tags"]): LabelValues {
  const known = given?.map(({ key, value }): Tag => ({ Key: key, Value: value }));
  return tagLabels(`${PREFIX}tag_${kind}_`, known);
}
