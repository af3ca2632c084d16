import {
  DescribeAvailabilityZonesCommand,
  DescribeInstancesCommand,
  EC2Client,
  type Instance,
  type Reservation,
} from "@aws-sdk/client-ec2";

import { numberOf, sectionsOf, textOf, textsOf } from "../decoded-settings.ts";
import type { LabelValues } from "../flat-group.ts";
import { ADDRESS, hostPort, listLabel, surrounded } from "../label-text.ts";
import { allPages } from "../all-pages.ts";
import { type AwsRoleOptions, awsMechanism, listed, type ListTargets } from "./aws-mechanism.ts";
import { tagLabels } from "./tag-labels.ts";

const PREFIX = "__meta_ec2_";

/** IDs of availability zones by their names, which differ between accounts. */
type ZoneIds = ReadonlyMap<string, string>;

interface Addresses {
  /** Where the instance is scraped that has no private IPv4 address. */
  readonly standard: string | undefined;
  /** By device index; "" for devices without one. */
  readonly primary: readonly string[];
  readonly all: readonly string[];
}

/**
 * `ec2_sd_configs`: the instances of a region.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#ec2_sd_config
 */
export const ec2 = awsMechanism("ec2", createListing);

function createListing({ settings, client: options, endpoint }: AwsRoleOptions): ListTargets {
  const client = new EC2Client({ ...options, ...endpoint });
  const port = numberOf(settings, "port");
  const filters = sectionsOf(settings, "filters").map((filter) => ({
    Name: textOf(filter, "name"),
    Values: [...textsOf(filter, "values")],
  }));
  let zones: ZoneIds | undefined;
  return async (signal) => {
    zones ??= await readZones(client, signal);
    const reservations = await allPages<Reservation, string>("DescribeInstances", "", async (token) => {
      const page = {
        ...(filters.length === 0 ? {} : { Filters: filters }),
        ...(token === "" ? {} : { NextToken: token }),
      };
      const answer = await client.send(new DescribeInstancesCommand(page), { abortSignal: signal });
      return {
        items: listed(answer.Reservations, "DescribeInstances", "Reservations"),
        next: answer.NextToken || undefined,
      };
    });
    const context = { region: options.region, port, zones };
    return reservations.flatMap(({ OwnerId, Instances = [] }) =>
      Instances.flatMap((instance) => toTargets(instance, OwnerId, context)),
    );
  };
}

/** One label less is no reason to find nothing: this may be forbidden where instances may be listed. */
async function readZones(client: EC2Client, signal: AbortSignal): Promise<ZoneIds | undefined> {
  try {
    const { AvailabilityZones = [] } = await client.send(new DescribeAvailabilityZonesCommand(), {
      abortSignal: signal,
    });
    return new Map(AvailabilityZones.map(({ ZoneName = "", ZoneId = "" }) => [ZoneName, ZoneId]));
  } catch {
    return undefined;
  }
}

/** One target, or none for an instance without an address. */
function toTargets(
  instance: Instance,
  ownerId: string | undefined,
  { region, port, zones }: { readonly region: string; readonly port: number; readonly zones: ZoneIds | undefined },
): readonly LabelValues[] {
  const ipv6 = ipv6Addresses(instance);
  const host = instance.PrivateIpAddress ?? ipv6.standard;
  if (host === undefined) return [];
  const zone = instance.Placement?.AvailabilityZone ?? "";
  return [
    {
      [ADDRESS]: hostPort(host, port),
      [`${PREFIX}region`]: region,
      [`${PREFIX}owner_id`]: ownerId,
      [`${PREFIX}availability_zone`]: zone,
      [`${PREFIX}availability_zone_id`]: zones?.get(zone) ?? "",
      [`${PREFIX}default_ipv6_address`]: ipv6.standard,
      ...listLabel(`${PREFIX}primary_ipv6_addresses`, ipv6.primary),
      ...listLabel(`${PREFIX}ipv6_addresses`, ipv6.all),
      ...identity(instance),
      ...network(instance),
      ...tagLabels(`${PREFIX}tag_`, instance.Tags),
    },
  ];
}

function identity(instance: Instance): LabelValues {
  return {
    [`${PREFIX}ami`]: instance.ImageId ?? "",
    [`${PREFIX}architecture`]: instance.Architecture,
    [`${PREFIX}instance_id`]: instance.InstanceId ?? "",
    [`${PREFIX}instance_lifecycle`]: instance.InstanceLifecycle,
    [`${PREFIX}instance_state`]: instance.State?.Name ?? "",
    [`${PREFIX}instance_type`]: instance.InstanceType ?? "",
    [`${PREFIX}platform`]: instance.Platform,
  };
}

function network(instance: Instance): LabelValues {
  const { PrivateIpAddress, PublicIpAddress, VpcId, NetworkInterfaces = [] } = instance;
  const subnets = new Set(NetworkInterfaces.flatMap(({ SubnetId }) => (SubnetId === undefined ? [] : [SubnetId])));
  return {
    [`${PREFIX}private_dns_name`]: instance.PrivateDnsName,
    [`${PREFIX}private_ip`]: PrivateIpAddress,
    ...(PublicIpAddress === undefined
      ? {}
      : { [`${PREFIX}public_ip`]: PublicIpAddress, [`${PREFIX}public_dns_name`]: instance.PublicDnsName ?? "" }),
    ...(VpcId === undefined
      ? {}
      : {
          [`${PREFIX}vpc_id`]: VpcId,
          [`${PREFIX}primary_subnet_id`]: instance.SubnetId ?? "",
          [`${PREFIX}subnet_id`]: surrounded([...subnets]),
        }),
  };
}

/** A network interface can have one primary address; the first of them, or else any address, is the standard one. */
function ipv6Addresses({ VpcId, NetworkInterfaces = [] }: Instance): Addresses {
  const [primary, all]: [string[], string[]] = [[], []];
  const interfaces = VpcId === undefined ? [] : NetworkInterfaces.filter(({ SubnetId }) => SubnetId !== undefined);
  for (const { Attachment, Ipv6Addresses = [] } of interfaces) {
    for (const { Ipv6Address = "", IsPrimaryIpv6 } of Ipv6Addresses) {
      all.push(Ipv6Address);
      if (IsPrimaryIpv6 !== true) continue;
      const device = Attachment?.DeviceIndex ?? 0;
      while (primary.length <= device) primary.push("");
      primary[device] = Ipv6Address;
    }
  }
  return { standard: [...primary, ...all].find((address) => address !== ""), primary, all };
}
