import type { ServerlessCache, Tag } from "@aws-sdk/client-elasticache";

import type { LabelValues } from "../flat-group.ts";
import { ADDRESS, hostPort } from "../label-text.ts";
import { fieldLabels, indexedLabels } from "./field-labels.ts";
import { tagLabels } from "./tag-labels.ts";

const PREFIX = "__meta_elasticache_serverless_cache_";

/** The target of a serverless cache, at its own address and port. */
export function serverlessTarget(cache: ServerlessCache, tags: readonly Tag[]): LabelValues {
  const { Endpoint, ReaderEndpoint, CacheUsageLimits: limits } = cache;
  const isReachable = Endpoint?.Address !== undefined && Endpoint.Port !== undefined;
  return {
    [ADDRESS]: isReachable ? hostPort(Endpoint.Address ?? "", Endpoint.Port ?? 0) : undefined,
    __meta_elasticache_deployment_option: "serverless",
    ...fieldLabels(PREFIX, cache, {
      ARN: "arn",
      CreateTime: "create_time",
      DailySnapshotTime: "daily_snapshot_time",
      Description: "description",
      Engine: "engine",
      FullEngineVersion: "full_engine_version",
      KmsKeyId: "kms_key_id",
      MajorEngineVersion: "major_engine_version",
      ServerlessCacheName: "name",
      SnapshotRetentionLimit: "snapshot_retention_limit",
      Status: "status",
      UserGroupId: "user_group_id",
    }),
    ...fieldLabels(`${PREFIX}endpoint_`, Endpoint, { Address: "address", Port: "port" }),
    ...fieldLabels(`${PREFIX}endpoint_`, ReaderEndpoint, { Address: "reader_address", Port: "reader_port" }),
    // Prometheus writes these names without an underscore before the last word.
    ...fieldLabels(`${PREFIX}cache_usage_limit_data_storage`, limits?.DataStorage, {
      Maximum: "maximum",
      Minimum: "minimum",
      Unit: "unit",
    }),
    ...fieldLabels(`${PREFIX}cache_usage_limit_ecpu_per_second`, limits?.ECPUPerSecond, {
      Maximum: "maximum",
      Minimum: "minimum",
    }),
    ...indexedLabels(`${PREFIX}security_group_id`, cache.SecurityGroupIds),
    ...indexedLabels(`${PREFIX}subnet_id`, cache.SubnetIds),
    ...tagLabels(`${PREFIX}tag_`, tags),
  };
}
