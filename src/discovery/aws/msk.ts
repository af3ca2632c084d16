import {
  type Cluster,
  DescribeClusterV2Command,
  KafkaClient,
  ListClustersV2Command,
  ListNodesCommand,
  type NodeInfo,
} from "@aws-sdk/client-kafka";

import { allPages } from "../all-pages.ts";
import { numberOf, textsOf } from "../decoded-settings.ts";
import type { LabelValues } from "../flat-group.ts";
import { inParallel } from "../in-parallel.ts";
import { ADDRESS, hostPort, mapLabels } from "../label-text.ts";
import { type AwsRoleOptions, awsMechanism, listed, type ListTargets } from "./aws-mechanism.ts";
import { fieldLabels } from "./field-labels.ts";

const PREFIX = "__meta_msk_";

/**
 * `msk_sd_configs`: the brokers and controllers of a region's provisioned Kafka clusters.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#msk_sd_config
 */
export const msk = awsMechanism("msk", createListing);

function createListing({ settings, client: options, endpoint }: AwsRoleOptions): ListTargets {
  const client = new KafkaClient({ ...options, ...endpoint });
  const [port, concurrency] = [numberOf(settings, "port"), numberOf(settings, "request_concurrency")];
  const configured = textsOf(settings, "clusters");
  return async (signal) => {
    const clusters =
      configured.length === 0
        ? await listClusters(client, signal)
        : await inParallel(configured, concurrency, async (arn) => readCluster(client, arn, signal));
    const targets = await inParallel(clusters, concurrency, async (cluster) => {
      const nodes = await listNodes(client, cluster.ClusterArn ?? "", signal);
      return nodes.flatMap((node) => toTargets(node, cluster, port));
    });
    return targets.flat();
  };
}

async function listClusters(client: KafkaClient, signal: AbortSignal): Promise<readonly Cluster[]> {
  return allPages<Cluster, string>("ListClustersV2", "", async (token) => {
    const command = new ListClustersV2Command({
      ClusterTypeFilter: "PROVISIONED",
      MaxResults: 100,
      ...(token === "" ? {} : { NextToken: token }),
    });
    const answer = await client.send(command, { abortSignal: signal });
    const clusters = listed(answer.ClusterInfoList, "ListClustersV2", "ClusterInfoList");
    return { items: clusters, next: answer.NextToken || undefined };
  });
}

async function readCluster(client: KafkaClient, arn: string, signal: AbortSignal): Promise<Cluster> {
  const { ClusterInfo } = await client.send(new DescribeClusterV2Command({ ClusterArn: arn }), { abortSignal: signal });
  if (ClusterInfo === undefined) throw new Error(`DescribeClusterV2: the answer for ${arn} has no ClusterInfo`);
  return ClusterInfo;
}

async function listNodes(client: KafkaClient, clusterArn: string, signal: AbortSignal): Promise<readonly NodeInfo[]> {
  return allPages<NodeInfo, string>("ListNodes", "", async (token) => {
    const command = new ListNodesCommand({
      ClusterArn: clusterArn,
      MaxResults: 100,
      ...(token === "" ? {} : { NextToken: token }),
    });
    const answer = await client.send(command, { abortSignal: signal });
    return { items: listed(answer.NodeInfoList, "ListNodes", "NodeInfoList"), next: answer.NextToken || undefined };
  });
}

/** One target for each endpoint of a broker or a controller. */
function toTargets(node: NodeInfo, cluster: Cluster, port: number): readonly LabelValues[] {
  const role = roleOf(node, cluster);
  if (role === undefined) return [];
  const shared = { ...clusterLabels(cluster), ...fieldLabels(`${PREFIX}node_`, node, NODE_LABELS), ...role.labels };
  const toTarget = (endpoint: string, index: number): LabelValues => ({
    [ADDRESS]: hostPort(endpoint, port),
    ...shared,
    [role.indexLabel]: String(index),
  });
  return role.endpoints.map(toTarget);
}

const NODE_LABELS = { NodeARN: "arn", AddedToClusterTime: "added_time", InstanceType: "instance_type" } as const;

/** What a node is in its cluster. */
interface Role {
  readonly endpoints: readonly string[];
  readonly indexLabel: string;
  readonly labels: LabelValues;
}

function roleOf(
  { BrokerNodeInfo: broker, ControllerNodeInfo: controller }: NodeInfo,
  cluster: Cluster,
): Role | undefined {
  if (broker !== undefined) {
    const exporter = cluster.Provisioned?.OpenMonitoring?.Prometheus?.NodeExporter;
    return {
      endpoints: broker.Endpoints ?? [],
      indexLabel: `${PREFIX}broker_endpoint_index`,
      labels: {
        [`${PREFIX}node_type`]: "BROKER",
        [`${PREFIX}node_attached_eni`]: broker.AttachedENIId ?? "",
        [`${PREFIX}broker_id`]: String(Math.round(broker.BrokerId ?? 0)),
        [`${PREFIX}broker_client_subnet`]: broker.ClientSubnet ?? "",
        [`${PREFIX}broker_client_vpc_ip`]: broker.ClientVpcIpAddress ?? "",
        ...fieldLabels(`${PREFIX}broker_`, exporter, { EnabledInBroker: "node_exporter_enabled" }),
      },
    };
  }
  if (controller === undefined) return undefined;
  return {
    endpoints: controller.Endpoints ?? [],
    indexLabel: `${PREFIX}controller_endpoint_index`,
    labels: { [`${PREFIX}node_type`]: "CONTROLLER" },
  };
}

function clusterLabels(cluster: Cluster): LabelValues {
  const { CurrentBrokerSoftwareInfo: software, OpenMonitoring } = cluster.Provisioned ?? {};
  const prefix = `${PREFIX}cluster_`;
  return {
    ...fieldLabels(prefix, cluster, {
      ClusterName: "name",
      ClusterArn: "arn",
      State: "state",
      ClusterType: "type",
      CurrentVersion: "version",
    }),
    ...fieldLabels(prefix, OpenMonitoring?.Prometheus?.JmxExporter, { EnabledInBroker: "jmx_exporter_enabled" }),
    ...fieldLabels(prefix, software, {
      ConfigurationArn: "configuration_arn",
      ConfigurationRevision: "configuration_revision",
      KafkaVersion: "kafka_version",
    }),
    ...mapLabels(`${prefix}tag_`, Object.entries(cluster.Tags ?? {})),
  };
}
