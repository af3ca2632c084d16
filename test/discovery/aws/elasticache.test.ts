import { describe, expect, it } from "@jest/globals";

import { elasticache } from "../../../src/discovery/aws/elasticache.ts";
import { queryApi, xml } from "../../support/aws-answers.ts";
import type { Answer } from "../../support/http-servers.ts";
import { describePolledMechanism, polledStages } from "../../support/polled-mechanism-suite.ts";

const ARN = "arn:aws:elasticache:eu-west-2:1";
const CACHE = `<ARN>${ARN}:serverlesscache:fast</ARN><ServerlessCacheName>fast</ServerlessCacheName>
  <Status>available</Status><Engine>valkey</Engine><FullEngineVersion>8.0</FullEngineVersion>
  <MajorEngineVersion>8</MajorEngineVersion><Description>all fast</Description><KmsKeyId>key</KmsKeyId>
  <CreateTime>2026-01-02T03:04:05.678Z</CreateTime><DailySnapshotTime>03:00</DailySnapshotTime>
  <SnapshotRetentionLimit>7</SnapshotRetentionLimit><UserGroupId>users</UserGroupId>
  <Endpoint><Address>fast.example.com</Address><Port>6379</Port></Endpoint>
  <ReaderEndpoint><Address>reader.example.com</Address><Port>6380</Port></ReaderEndpoint>
  <SecurityGroupIds><SecurityGroupId>sg-1</SecurityGroupId><SecurityGroupId>sg-2</SecurityGroupId></SecurityGroupIds>
  <SubnetIds><SubnetId>subnet-1</SubnetId></SubnetIds>
  <CacheUsageLimits><DataStorage><Maximum>10</Maximum><Minimum>1</Minimum><Unit>GB</Unit></DataStorage>
    <ECPUPerSecond><Maximum>5000</Maximum><Minimum>1000</Minimum></ECPUPerSecond></CacheUsageLimits>`;
const CLUSTER = `<ARN>${ARN}:cluster:shop-1</ARN><CacheClusterId>shop-1</CacheClusterId>
  <CacheClusterStatus>available</CacheClusterStatus><Engine>redis</Engine><NumCacheNodes>1</NumCacheNodes>
  <AuthTokenEnabled>false</AuthTokenEnabled><CacheClusterCreateTime>2026-01-02T03:04:05Z</CacheClusterCreateTime>
  <CacheParameterGroup><CacheParameterGroupName>default.redis7</CacheParameterGroupName></CacheParameterGroup>
  <ConfigurationEndpoint><Address>config.example.com</Address><Port>11211</Port></ConfigurationEndpoint>
  <NotificationConfiguration><TopicArn>topic</TopicArn><TopicStatus>active</TopicStatus></NotificationConfiguration>
  <LogDeliveryConfigurations>
    <LogDeliveryConfiguration><LogType>slow-log</LogType><DestinationType>cloudwatch-logs</DestinationType>
      <LogFormat>json</LogFormat><Status>active</Status><Message>ok</Message>
      <DestinationDetails><CloudWatchLogsDetails><LogGroup>logs</LogGroup></CloudWatchLogsDetails></DestinationDetails>
    </LogDeliveryConfiguration>
    <LogDeliveryConfiguration><LogType>engine-log</LogType><DestinationType>kinesis-firehose</DestinationType>
      <DestinationDetails><KinesisFirehoseDetails><DeliveryStream>hose</DeliveryStream></KinesisFirehoseDetails>
      </DestinationDetails></LogDeliveryConfiguration>
  </LogDeliveryConfigurations>
  <PendingModifiedValues><NumCacheNodes>3</NumCacheNodes><CacheNodeType>cache.t4g.small</CacheNodeType>
    <CacheNodeIdsToRemove><CacheNodeId>0002</CacheNodeId><CacheNodeId>0003</CacheNodeId></CacheNodeIdsToRemove>
  </PendingModifiedValues>
  <SecurityGroups><member><SecurityGroupId>sg-1</SecurityGroupId><Status>active</Status></member></SecurityGroups>
  <CacheNodes><CacheNode><CacheNodeId>0001</CacheNodeId><CacheNodeStatus>available</CacheNodeStatus>
    <CustomerAvailabilityZone>eu-west-2a</CustomerAvailabilityZone><ParameterGroupStatus>in-sync</ParameterGroupStatus>
    <CacheNodeCreateTime>2026-01-02T03:04:06Z</CacheNodeCreateTime>
    <Endpoint><Address>shop-1.example.com</Address><Port>6379</Port></Endpoint></CacheNode></CacheNodes>`;

const answer = (operation: string, result: string): Answer =>
  xml(
    `<${operation}Response xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/">
      <${operation}Result>${result}</${operation}Result></${operation}Response>`,
  );
const caches = (items: readonly string[], next = ""): Answer => {
  const members = items.map((item) => `<member>${item}</member>`).join("");
  return answer("DescribeServerlessCaches", `<ServerlessCaches>${members}</ServerlessCaches>${next}`);
};
const clusters = (items: readonly string[], next = ""): Answer => {
  const members = items.map((item) => `<CacheCluster>${item}</CacheCluster>`).join("");
  return answer("DescribeCacheClusters", `<CacheClusters>${members}</CacheClusters>${next}`);
};
const tags = (form: URLSearchParams): Answer => {
  const name = form.get("ResourceName")?.split(":").at(-1) ?? "";
  return answer("ListTagsForResource", `<TagList><Tag><Key>of</Key><Value>${name}</Value></Tag></TagList>`);
};
const api = (ofCaches: readonly string[], ofClusters: readonly string[]): Answer =>
  queryApi({
    DescribeServerlessCaches: () => caches(ofCaches),
    DescribeCacheClusters: () => clusters(ofClusters),
    ListTagsForResource: tags,
  });

const kind = {
  mechanism: elasticache,
  settings: ({ url }: { readonly url: string }) => ({
    endpoint: url,
    region: "eu-west-2",
    access_key: "AKIA1",
    secret_key: "secret",
    request_concurrency: 10,
  }),
  routes: { "/": api([CACHE], [CLUSTER]) },
  nonsense: { text: "{", says: "the answer cannot be read: " },
};
const begin = polledStages(kind);

describePolledMechanism("elasticache_sd_configs", kind);

describe("elasticache_sd_configs", () => {
  it("finds serverless caches with their labels", async () => {
    const { groups } = await begin(api([CACHE], []));
    const prefix = "__meta_elasticache_serverless_cache_";
    expect(groups).toEqual([
      {
        source: "eu-west-2",
        labels: {},
        targets: [
          {
            __address__: "fast.example.com:6379",
            __meta_elasticache_deployment_option: "serverless",
            [`${prefix}arn`]: `${ARN}:serverlesscache:fast`,
            [`${prefix}cache_usage_limit_data_storagemaximum`]: "10",
            [`${prefix}cache_usage_limit_data_storageminimum`]: "1",
            [`${prefix}cache_usage_limit_data_storageunit`]: "GB",
            [`${prefix}cache_usage_limit_ecpu_per_secondmaximum`]: "5000",
            [`${prefix}cache_usage_limit_ecpu_per_secondminimum`]: "1000",
            [`${prefix}create_time`]: "2026-01-02T03:04:05Z",
            [`${prefix}daily_snapshot_time`]: "03:00",
            [`${prefix}description`]: "all fast",
            [`${prefix}endpoint_address`]: "fast.example.com",
            [`${prefix}endpoint_port`]: "6379",
            [`${prefix}endpoint_reader_address`]: "reader.example.com",
            [`${prefix}endpoint_reader_port`]: "6380",
            [`${prefix}engine`]: "valkey",
            [`${prefix}full_engine_version`]: "8.0",
            [`${prefix}kms_key_id`]: "key",
            [`${prefix}major_engine_version`]: "8",
            [`${prefix}name`]: "fast",
            [`${prefix}security_group_id_0`]: "sg-1",
            [`${prefix}security_group_id_1`]: "sg-2",
            [`${prefix}snapshot_retention_limit`]: "7",
            [`${prefix}status`]: "available",
            [`${prefix}subnet_id_0`]: "subnet-1",
            [`${prefix}tag_of`]: "fast",
            [`${prefix}user_group_id`]: "users",
          },
        ],
      },
    ]);
  });

  it("finds the nodes of cache clusters with their labels", async () => {
    const { groups, server } = await begin(api([], [CLUSTER]));
    const prefix = "__meta_elasticache_cache_cluster_";
    expect(groups[0]?.targets).toEqual([
      {
        __address__: "shop-1.example.com:6379",
        __meta_elasticache_deployment_option: "node",
        [`${prefix}arn`]: `${ARN}:cluster:shop-1`,
        [`${prefix}auth_token_enabled`]: "false",
        [`${prefix}cache_cluster_create_time`]: "2026-01-02T03:04:05Z",
        [`${prefix}cache_cluster_id`]: "shop-1",
        [`${prefix}cache_cluster_status`]: "available",
        [`${prefix}cache_parameter_group`]: "default.redis7",
        [`${prefix}configuration_endpoint_address`]: "config.example.com",
        [`${prefix}configuration_endpoint_port`]: "11211",
        [`${prefix}engine`]: "redis",
        [`${prefix}log_delivery_configuration_delivery_stream_1`]: "hose",
        [`${prefix}log_delivery_configuration_destination_type_0`]: "cloudwatch-logs",
        [`${prefix}log_delivery_configuration_destination_type_1`]: "kinesis-firehose",
        [`${prefix}log_delivery_configuration_log_format_0`]: "json",
        [`${prefix}log_delivery_configuration_log_group_0`]: "logs",
        [`${prefix}log_delivery_configuration_log_type_0`]: "slow-log",
        [`${prefix}log_delivery_configuration_log_type_1`]: "engine-log",
        [`${prefix}log_delivery_configuration_message_0`]: "ok",
        [`${prefix}log_delivery_configuration_status_0`]: "active",
        [`${prefix}node_availability_zone`]: "eu-west-2a",
        [`${prefix}node_create_time`]: "2026-01-02T03:04:06Z",
        [`${prefix}node_endpoint_address`]: "shop-1.example.com",
        [`${prefix}node_endpoint_port`]: "6379",
        [`${prefix}node_id`]: "0001",
        [`${prefix}node_parameter_group_status`]: "in-sync",
        [`${prefix}node_status`]: "available",
        [`${prefix}notification_topic_arn`]: "topic",
        [`${prefix}notification_topic_status`]: "active",
        [`${prefix}num_cache_nodes`]: "1",
        [`${prefix}pending_modified_values_cache_node_ids_to_remove`]: "0002,0003",
        [`${prefix}pending_modified_values_cache_node_type`]: "cache.t4g.small",
        [`${prefix}pending_modified_values_num_cache_nodes`]: "3",
        [`${prefix}security_group_membership_id_0`]: "sg-1",
        [`${prefix}security_group_membership_status_0`]: "active",
        [`${prefix}tag_of`]: "shop-1",
      },
    ]);
    const asked = server.requests.map(({ body }) => new URLSearchParams(body));
    expect(asked.find((form) => form.get("Action") === "DescribeCacheClusters")?.get("ShowCacheNodeInfo")).toBe("true");
  });

  it("asks for all pages", async () => {
    const { groups } = await begin(
      queryApi({
        DescribeServerlessCaches: (form) =>
          form.has("NextToken") ? caches([CACHE]) : caches([CACHE], "<NextToken>2</NextToken>"),
        DescribeCacheClusters: (form) =>
          form.has("Marker") ? clusters([CLUSTER]) : clusters([CLUSTER], "<Marker>2</Marker>"),
        ListTagsForResource: tags,
      }),
    );
    expect(groups[0]?.targets).toHaveLength(4);
  });

  it("asks for the configured caches by name, for all of a kind of which none is configured", async () => {
    const { server } = await begin(api([CACHE], []), {
      clusters: [`${ARN}:serverlesscache:a`, `${ARN}:serverlesscache:b`, `${ARN}:user:c`, "nonsense"],
    });
    const asked = server.requests.map(({ body }) => new URLSearchParams(body));
    expect(asked.flatMap((form) => form.get("ServerlessCacheName") ?? [])).toEqual(["a", "b"]);
    expect(asked.filter((form) => form.get("Action") === "DescribeCacheClusters")).toHaveLength(1);
    const { server: other } = await begin(api([], [CLUSTER]), { clusters: [`${ARN}:replicationgroup:shop`] });
    const forms = other.requests.map(({ body }) => new URLSearchParams(body));
    expect(forms.flatMap((form) => form.get("CacheClusterId") ?? [])).toEqual(["shop"]);
  });

  it("gives no address to what has none", async () => {
    const bare = `<ARN>${ARN}:x</ARN>`;
    const { groups } = await begin(api([bare], [`${bare}<CacheNodes><CacheNode/></CacheNodes>`]));
    expect(groups[0]?.targets.map((target) => target["__address__"])).toEqual([undefined, undefined]);
  });

  it("fails as a whole when tags cannot be read", async () => {
    const { stage } = await begin(
      queryApi({ DescribeServerlessCaches: () => caches([CACHE]), DescribeCacheClusters: () => clusters([]) }),
    );
    expect([stage.sink.updates, stage.sink.failing]).toEqual([[], expect.stringContaining("HTTP 400 Bad Request")]);
  });
});
