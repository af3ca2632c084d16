import { GetInstancesCommand, type Instance, LightsailClient } from "@aws-sdk/client-lightsail";

import { allPages } from "../all-pages.ts";
import { numberOf } from "../decoded-settings.ts";
import type { LabelValues } from "../flat-group.ts";
import { ADDRESS, hostPort, listLabel } from "../label-text.ts";
import { type AwsRoleOptions, awsMechanism, listed, type ListTargets } from "./aws-mechanism.ts";
import { tagLabels } from "./tag-labels.ts";

const PREFIX = "__meta_lightsail_";

/**
 * `lightsail_sd_configs`: the instances of a region.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#lightsail_sd_config
 */
export const lightsail = awsMechanism("lightsail", createListing);

function createListing({ settings, client: options, endpoint }: AwsRoleOptions): ListTargets {
  const client = new LightsailClient({ ...options, ...endpoint });
  const port = numberOf(settings, "port");
  return async (signal) => {
    const instances = await allPages<Instance, string>("GetInstances", "", async (pageToken) => {
      const command = new GetInstancesCommand(pageToken === "" ? {} : { pageToken });
      const answer = await client.send(command, { abortSignal: signal });
      return { items: listed(answer.instances, "GetInstances", "instances"), next: answer.nextPageToken || undefined };
    });
    return instances.flatMap((instance) => toTargets(instance, options.region, port));
  };
}

/** One target, or none for an instance without a private address. */
function toTargets(instance: Instance, region: string, port: number): readonly LabelValues[] {
  const { privateIpAddress } = instance;
  if (privateIpAddress === undefined) return [];
  return [
    {
      [ADDRESS]: hostPort(privateIpAddress, port),
      [`${PREFIX}availability_zone`]: instance.location?.availabilityZone,
      [`${PREFIX}blueprint_id`]: instance.blueprintId,
      [`${PREFIX}bundle_id`]: instance.bundleId,
      [`${PREFIX}instance_name`]: instance.name,
      [`${PREFIX}instance_state`]: instance.state?.name,
      [`${PREFIX}instance_support_code`]: instance.supportCode,
      [`${PREFIX}private_ip`]: privateIpAddress,
      [`${PREFIX}public_ip`]: instance.publicIpAddress,
      [`${PREFIX}region`]: region,
      ...listLabel(`${PREFIX}ipv6_addresses`, instance.ipv6Addresses ?? []),
      ...tagLabels(
        `${PREFIX}tag_`,
        instance.tags?.map(({ key, value }) => ({ Key: key, Value: value })),
      ),
    },
  ];
}
