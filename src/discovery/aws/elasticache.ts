import {
  type CacheCluster,
  DescribeCacheClustersCommand,
  DescribeServerlessCachesCommand,
  ElastiCacheClient,
  ListTagsForResourceCommand,
  type ServerlessCache,
  type Tag,
} from "@aws-sdk/client-elasticache";

import { allPages } from "../all-pages.ts";
import { numberOf, textsOf } from "../decoded-settings.ts";
import { inParallel } from "../in-parallel.ts";
import { type AwsRoleOptions, awsMechanism, listed, type ListTargets } from "./aws-mechanism.ts";
import { nodeTargets } from "./elasticache-node.ts";
import { serverlessTarget } from "./elasticache-serverless.ts";

/**
 * `elasticache_sd_configs`: the nodes of a region's cache clusters, and its serverless caches.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#elasticache_sd_config
 */
export const elasticache = awsMechanism("elasticache", createListing);

function createListing({ settings, client: options, endpoint }: AwsRoleOptions): ListTargets {
  const client = new ElastiCacheClient({ ...options, ...endpoint });
  const concurrency = numberOf(settings, "request_concurrency");
  const configured = textsOf(settings, "clusters");
  const [serverlessNames, clusterIds] = [named(configured, "serverlesscache"), named(configured, "replicationgroup")];
  return async (signal) => {
    // Where none of a kind is configured, all of the kind are meant.
    const caches = await inParallel(serverlessNames, concurrency, async (name) => listServerless(client, name, signal));
    const clusters = await inParallel(clusterIds, concurrency, async (id) => listClusters(client, id, signal));
    const serverless = await inParallel(caches.flat(), concurrency, async (cache) =>
      serverlessTarget(cache, await readTags(client, cache.ARN, signal)),
    );
    const nodes = await inParallel(clusters.flat(), concurrency, async (cluster) =>
      nodeTargets(cluster, await readTags(client, cluster.ARN, signal)),
    );
    return [...serverless, ...nodes.flat()];
  };
}

/** Names of a kind among ARNs, `arn:aws:elasticache:REGION:ACCOUNT:KIND:NAME`; undefined alone when there are none. */
function named(arns: readonly string[], kind: string): readonly (string | undefined)[] {
  const names = arns.map((arn) => arn.split(":")).filter((parts) => parts[5] === kind);
  return names.length === 0 ? [undefined] : names.map((parts) => parts[6]);
}

async function listServerless(
  client: ElastiCacheClient,
  name: string | undefined,
  signal: AbortSignal,
): Promise<readonly ServerlessCache[]> {
  return allPages<ServerlessCache, string>("DescribeServerlessCaches", "", async (token) => {
    const command = new DescribeServerlessCachesCommand({
      MaxResults: 50,
      ...(name === undefined ? {} : { ServerlessCacheName: name }),
      ...(token === "" ? {} : { NextToken: token }),
    });
    const answer = await client.send(command, { abortSignal: signal });
    const caches = listed(answer.ServerlessCaches, "DescribeServerlessCaches", "ServerlessCaches");
    return { items: caches, next: answer.NextToken || undefined };
  });
}

async function listClusters(
  client: ElastiCacheClient,
  id: string | undefined,
  signal: AbortSignal,
): Promise<readonly CacheCluster[]> {
  return allPages<CacheCluster, string>("DescribeCacheClusters", "", async (marker) => {
    const command = new DescribeCacheClustersCommand({
      MaxRecords: 100,
      ShowCacheNodeInfo: true,
      ...(id === undefined ? {} : { CacheClusterId: id }),
      ...(marker === "" ? {} : { Marker: marker }),
    });
    const answer = await client.send(command, { abortSignal: signal });
    const clusters = listed(answer.CacheClusters, "DescribeCacheClusters", "CacheClusters");
    return { items: clusters, next: answer.Marker || undefined };
  });
}

async function readTags(
  client: ElastiCacheClient,
  arn: string | undefined,
  signal: AbortSignal,
): Promise<readonly Tag[]> {
  if (arn === undefined) return [];
  const answer = await client.send(new ListTagsForResourceCommand({ ResourceName: arn }), { abortSignal: signal });
  return listed(answer.TagList, "ListTagsForResource", "TagList");
}
