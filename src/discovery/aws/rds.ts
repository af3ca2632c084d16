import {
  type DBCluster,
  type DBInstance,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RDSClient,
} from "@aws-sdk/client-rds";

import { allPages } from "../all-pages.ts";
import { numberOf, textsOf } from "../decoded-settings.ts";
import type { LabelValues } from "../flat-group.ts";
import { inParallel } from "../in-parallel.ts";
import { ADDRESS, hostPort } from "../label-text.ts";
import { type AwsRoleOptions, awsMechanism, listed, type ListTargets } from "./aws-mechanism.ts";
import { fieldLabels } from "./field-labels.ts";
import { CLUSTER_LABELS, ENDPOINT_LABELS, INSTANCE_LABELS } from "./rds-labels.ts";
import { tagLabels } from "./tag-labels.ts";

const CLUSTER = "__meta_rds_cluster_";
const INSTANCE = "__meta_rds_instance_";

/**
 * `rds_sd_configs`: the instances of a region's database clusters.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#rds_sd_config
 */
export const rds = awsMechanism("rds", createListing);

function createListing({ settings, client: options, endpoint }: AwsRoleOptions): ListTargets {
  const client = new RDSClient({ ...options, ...endpoint });
  const [port, concurrency] = [numberOf(settings, "port"), numberOf(settings, "request_concurrency")];
  const configured = textsOf(settings, "clusters");
  return async (signal) => {
    const clusters =
      configured.length === 0
        ? await listClusters(client, undefined, signal)
        : (await inParallel(configured, concurrency, async (arn) => listClusters(client, arn, signal))).flat();
    const targets = await inParallel(clusters, concurrency, async (cluster) => {
      const instances = await listInstances(client, cluster.DBClusterArn ?? "", signal);
      return instances.map((instance) => toTarget(instance, cluster, port));
    });
    return targets.flat();
  };
}

/** One cluster, which must exist; without its ARN, all of them. */
async function listClusters(
  client: RDSClient,
  arn: string | undefined,
  signal: AbortSignal,
): Promise<readonly DBCluster[]> {
  const clusters = await allPages<DBCluster, string>("DescribeDBClusters", "", async (marker) => {
    const command = new DescribeDBClustersCommand({
      MaxRecords: 100,
      ...(arn === undefined ? {} : { DBClusterIdentifier: arn }),
      ...(marker === "" ? {} : { Marker: marker }),
    });
    const answer = await client.send(command, { abortSignal: signal });
    return { items: listed(answer.DBClusters, "DescribeDBClusters", "DBClusters"), next: answer.Marker || undefined };
  });
  if (arn !== undefined && clusters.length === 0) throw new Error(`DescribeDBClusters: there is no cluster ${arn}`);
  return clusters.filter(({ DBClusterArn }) => DBClusterArn !== undefined);
}

async function listInstances(
  client: RDSClient,
  clusterArn: string,
  signal: AbortSignal,
): Promise<readonly DBInstance[]> {
  return allPages<DBInstance, string>("DescribeDBInstances", "", async (marker) => {
    const command = new DescribeDBInstancesCommand({
      MaxRecords: 100,
      Filters: [{ Name: "db-cluster-id", Values: [clusterArn] }],
      ...(marker === "" ? {} : { Marker: marker }),
    });
    const answer = await client.send(command, { abortSignal: signal });
    const instances = listed(answer.DBInstances, "DescribeDBInstances", "DBInstances");
    return { items: instances, next: answer.Marker || undefined };
  });
}

/** An instance is scraped at the configured port of its own address, not at the database's port. */
function toTarget(instance: DBInstance, cluster: DBCluster, port: number): LabelValues {
  const { Endpoint, ListenerEndpoint, DBSubnetGroup, DBInstanceIdentifier } = instance;
  const member = cluster.DBClusterMembers?.find((each) => each.DBInstanceIdentifier === DBInstanceIdentifier);
  const isReachable = Endpoint?.Address !== undefined && Endpoint.Port !== undefined;
  return {
    [ADDRESS]: isReachable ? hostPort(Endpoint.Address ?? "", port) : undefined,
    ...fieldLabels(CLUSTER, cluster, CLUSTER_LABELS),
    ...tagLabels(`${CLUSTER}tag_`, cluster.TagList),
    ...fieldLabels(INSTANCE, instance, INSTANCE_LABELS),
    ...fieldLabels(INSTANCE, member, { IsClusterWriter: "is_cluster_writer" }),
    ...fieldLabels(`${INSTANCE}endpoint_`, Endpoint, ENDPOINT_LABELS),
    ...fieldLabels(`${INSTANCE}listener_endpoint_`, ListenerEndpoint, ENDPOINT_LABELS),
    ...fieldLabels(INSTANCE, DBSubnetGroup, { DBSubnetGroupName: "subnet_group" }),
    ...tagLabels(`${INSTANCE}tag_`, instance.TagList),
  };
}
