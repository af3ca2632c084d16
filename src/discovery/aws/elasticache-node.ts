import type { CacheCluster, CacheNode, LogDeliveryConfiguration, Tag } from "@aws-sdk/client-elasticache";

import type { LabelValues } from "../flat-group.ts";
import { ADDRESS, hostPort } from "../label-text.ts";
import { fieldLabels, type FieldNames, indexedLabels } from "./field-labels.ts";
import { tagLabels } from "./tag-labels.ts";

const PREFIX = "__meta_elasticache_cache_cluster_";

/** The targets of a cache cluster: its nodes, each at its own address and port. */
export function nodeTargets(cluster: CacheCluster, tags: readonly Tag[]): readonly LabelValues[] {
  const shared = { ...clusterLabels(cluster), ...tagLabels(`${PREFIX}tag_`, tags) };
  const toTarget = (node: CacheNode): LabelValues => ({ ...shared, ...nodeLabels(node) });
  return (cluster.CacheNodes ?? []).map(toTarget);
}

function nodeLabels(node: CacheNode): LabelValues {
  const { Endpoint } = node;
  const isReachable = Endpoint?.Address !== undefined && Endpoint.Port !== undefined;
  return {
    [ADDRESS]: isReachable ? hostPort(Endpoint.Address ?? "", Endpoint.Port ?? 0) : undefined,
    ...fieldLabels(`${PREFIX}node_`, node, {
      CacheNodeCreateTime: "create_time",
      CacheNodeId: "id",
      CacheNodeStatus: "status",
      CustomerAvailabilityZone: "availability_zone",
      CustomerOutpostArn: "customer_outpost_arn",
      ParameterGroupStatus: "parameter_group_status",
      SourceCacheNodeId: "source_cache_node_id",
    }),
    ...fieldLabels(`${PREFIX}node_endpoint_`, Endpoint, { Address: "address", Port: "port" }),
  };
}

const CLUSTER_LABELS: FieldNames<CacheCluster> = {
  ARN: "arn",
  AtRestEncryptionEnabled: "at_rest_encryption_enabled",
  AuthTokenEnabled: "auth_token_enabled",
  AuthTokenLastModifiedDate: "auth_token_last_modified",
  AutoMinorVersionUpgrade: "auto_minor_version_upgrade",
  CacheClusterCreateTime: "cache_cluster_create_time",
  CacheClusterId: "cache_cluster_id",
  CacheClusterStatus: "cache_cluster_status",
  CacheNodeType: "cache_node_type",
  CacheSubnetGroupName: "cache_subnet_group_name",
  ClientDownloadLandingPage: "client_download_landing_page",
  Engine: "engine",
  EngineVersion: "engine_version",
  IpDiscovery: "ip_discovery",
  NetworkType: "network_type",
  NumCacheNodes: "num_cache_nodes",
  PreferredAvailabilityZone: "preferred_availability_zone",
  PreferredMaintenanceWindow: "preferred_maintenance_window",
  PreferredOutpostArn: "preferred_outpost_arn",
  ReplicationGroupId: "replication_group_id",
  ReplicationGroupLogDeliveryEnabled: "replication_group_log_delivery_enabled",
  SnapshotRetentionLimit: "snapshot_retention_limit",
  SnapshotWindow: "snapshot_window",
  TransitEncryptionEnabled: "transit_encryption_enabled",
  TransitEncryptionMode: "transit_encryption_mode",
};

function clusterLabels(cluster: CacheCluster): LabelValues {
  const { PendingModifiedValues: pending, SecurityGroups: groups = [] } = cluster;
  return {
    __meta_elasticache_deployment_option: "node",
    ...fieldLabels(PREFIX, cluster, CLUSTER_LABELS),
    ...fieldLabels(PREFIX, cluster.CacheParameterGroup, { CacheParameterGroupName: "cache_parameter_group" }),
    ...fieldLabels(`${PREFIX}configuration_endpoint_`, cluster.ConfigurationEndpoint, {
      Address: "address",
      Port: "port",
    }),
    ...fieldLabels(`${PREFIX}notification_`, cluster.NotificationConfiguration, {
      TopicArn: "topic_arn",
      TopicStatus: "topic_status",
    }),
    ...logDeliveryLabels(cluster.LogDeliveryConfigurations),
    ...fieldLabels(`${PREFIX}pending_modified_values_`, pending, {
      AuthTokenStatus: "auth_token_status",
      CacheNodeType: "cache_node_type",
      EngineVersion: "engine_version",
      NumCacheNodes: "num_cache_nodes",
      TransitEncryptionEnabled: "transit_encryption_enabled",
      TransitEncryptionMode: "transit_encryption_mode",
    }),
    [`${PREFIX}pending_modified_values_cache_node_ids_to_remove`]: pending?.CacheNodeIdsToRemove?.join(","),
    ...indexedLabels(
      `${PREFIX}security_group_membership_id`,
      groups.map(({ SecurityGroupId }) => SecurityGroupId),
    ),
    ...indexedLabels(
      `${PREFIX}security_group_membership_status`,
      groups.map(({ Status }) => Status),
    ),
  };
}

function logDeliveryLabels(configurations: readonly LogDeliveryConfiguration[] = []): LabelValues {
  const labels = (name: string, valueOf: (each: LogDeliveryConfiguration) => string | undefined): LabelValues =>
    indexedLabels(`${PREFIX}log_delivery_configuration_${name}`, configurations.map(valueOf));
  return {
    ...labels("destination_type", ({ DestinationType }) => DestinationType),
    ...labels("log_format", ({ LogFormat }) => LogFormat),
    ...labels("log_type", ({ LogType }) => LogType),
    ...labels("status", ({ Status }) => Status),
    ...labels("message", ({ Message }) => Message),
    ...labels("log_group", ({ DestinationDetails }) => DestinationDetails?.CloudWatchLogsDetails?.LogGroup),
    ...labels(
      "delivery_stream",
      ({ DestinationDetails }) => DestinationDetails?.KinesisFirehoseDetails?.DeliveryStream,
    ),
  };
}
