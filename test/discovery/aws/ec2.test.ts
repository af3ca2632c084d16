import { describe, expect, it } from "@jest/globals";

import { ec2 } from "../../../src/discovery/aws/ec2.ts";
import { ec2Error, queryApi, xml } from "../../support/aws-answers.ts";
import type { Answer } from "../../support/http-servers.ts";
import { describePolledMechanism, polledStages, routed } from "../../support/polled-mechanism-suite.ts";

const WEB = `
  <instanceId>i-web</instanceId><imageId>ami-1</imageId><instanceType>m7g.large</instanceType>
  <instanceState><code>16</code><name>running</name></instanceState>
  <privateDnsName>ip-10-0-0-1.internal</privateDnsName><dnsName>ec2-52-0-0-1.example.com</dnsName>
  <privateIpAddress>10.0.0.1</privateIpAddress><ipAddress>52.0.0.1</ipAddress>
  <placement><availabilityZone>eu-west-2a</availabilityZone></placement>
  <platform>windows</platform><architecture>arm64</architecture><instanceLifecycle>spot</instanceLifecycle>
  <vpcId>vpc-1</vpcId><subnetId>subnet-1</subnetId>
  <networkInterfaceSet>
    <item><subnetId>subnet-1</subnetId><attachment><deviceIndex>0</deviceIndex></attachment>
      <ipv6AddressesSet><item><ipv6Address>2001:db8::1</ipv6Address><isPrimaryIpv6>false</isPrimaryIpv6></item></ipv6AddressesSet>
    </item>
    <item><subnetId>subnet-2</subnetId><attachment><deviceIndex>1</deviceIndex></attachment>
      <ipv6AddressesSet>
        <item><ipv6Address>2001:db8::2</ipv6Address><isPrimaryIpv6>true</isPrimaryIpv6></item>
        <item><ipv6Address>2001:db8::3</ipv6Address></item>
      </ipv6AddressesSet>
    </item>
    <item><subnetId>subnet-1</subnetId><attachment><deviceIndex>2</deviceIndex></attachment></item>
    <item><attachment><deviceIndex>3</deviceIndex></attachment>
      <ipv6AddressesSet><item><ipv6Address>2001:db8::9</ipv6Address></item></ipv6AddressesSet>
    </item>
  </networkInterfaceSet>
  <tagSet>
    <item><key>Name</key><value>web</value></item>
    <item><key>team/owner</key><value>shop &amp; co</value></item>
    <item><key>empty</key><value/></item>
  </tagSet>`;

/** One page of DescribeInstances. */
function instances(items: readonly string[], next = ""): Answer {
  const set = items.map((item) => `<item>${item}</item>`).join("");
  const reservation = `<item><ownerId>123</ownerId><instancesSet>${set}</instancesSet></item>`;
  const token = next === "" ? "" : `<nextToken>${next}</nextToken>`;
  return xml(
    `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
      <requestId>1</requestId><reservationSet>${reservation}</reservationSet>${token}</DescribeInstancesResponse>`,
  );
}

const zones = xml(
  `<DescribeAvailabilityZonesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><availabilityZoneInfo>
    <item><zoneName>eu-west-2a</zoneName><zoneId>euw2-az2</zoneId></item>
    <item><zoneName>eu-west-2b</zoneName><zoneId>euw2-az3</zoneId></item>
  </availabilityZoneInfo></DescribeAvailabilityZonesResponse>`,
);
const api = (items: readonly string[]): Answer =>
  queryApi({ DescribeAvailabilityZones: () => zones, DescribeInstances: () => instances(items) });
const kind = {
  mechanism: ec2,
  settings: ({ url }: { readonly url: string }) => ({
    endpoint: url,
    region: "eu-west-2",
    access_key: "AKIA1",
    secret_key: "secret",
    filters: [],
  }),
  routes: { "/": api([WEB]) },
  nonsense: { text: "{", says: "the answer cannot be read: " },
};
const begin = polledStages(kind);
/** The labels of the only target, without the prefix. */
async function labelsOf(item: string): Promise<Readonly<Record<string, string>> | undefined> {
  const { groups } = await begin(routed({ "/": api([item]) }));
  return groups[0]?.targets[0];
}

describePolledMechanism("ec2_sd_configs", kind);

describe("ec2_sd_configs", () => {
  it("finds instances with their labels, and signs what it asks", async () => {
    const { groups, server } = await begin(routed(kind.routes));
    const prefix = "__meta_ec2_";
    expect(groups).toEqual([
      {
        source: "eu-west-2",
        labels: {},
        targets: [
          {
            __address__: "10.0.0.1:80",
            [`${prefix}ami`]: "ami-1",
            [`${prefix}architecture`]: "arm64",
            [`${prefix}availability_zone`]: "eu-west-2a",
            [`${prefix}availability_zone_id`]: "euw2-az2",
            [`${prefix}default_ipv6_address`]: "2001:db8::2",
            [`${prefix}instance_id`]: "i-web",
            [`${prefix}instance_lifecycle`]: "spot",
            [`${prefix}instance_state`]: "running",
            [`${prefix}instance_type`]: "m7g.large",
            [`${prefix}ipv6_addresses`]: ",2001:db8::1,2001:db8::2,2001:db8::3,",
            [`${prefix}owner_id`]: "123",
            [`${prefix}platform`]: "windows",
            [`${prefix}primary_ipv6_addresses`]: ",,2001:db8::2,",
            [`${prefix}primary_subnet_id`]: "subnet-1",
            [`${prefix}private_dns_name`]: "ip-10-0-0-1.internal",
            [`${prefix}private_ip`]: "10.0.0.1",
            [`${prefix}public_dns_name`]: "ec2-52-0-0-1.example.com",
            [`${prefix}public_ip`]: "52.0.0.1",
            [`${prefix}region`]: "eu-west-2",
            [`${prefix}subnet_id`]: ",subnet-1,subnet-2,",
            [`${prefix}tag_Name`]: "web",
            [`${prefix}tag_empty`]: "",
            [`${prefix}tag_team_owner`]: "shop & co",
            [`${prefix}vpc_id`]: "vpc-1",
          },
        ],
      },
    ]);
    for (const { headers } of server.requests) {
      expect(headers.authorization).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIA1\/\d{8}\/eu-west-2\/ec2\/aws4_request, /,
      );
    }
  });

  it("asks for all pages, with the filters", async () => {
    const { groups, server } = await begin(
      routed({
        "/": queryApi({
          DescribeAvailabilityZones: () => zones,
          DescribeInstances: (form) => (form.has("NextToken") ? instances([WEB]) : instances([WEB, WEB], "page 2")),
        }),
      }),
      { filters: [{ name: "tag:env", values: ["a", "b"] }] },
    );
    expect(groups[0]?.targets).toHaveLength(3);
    const asked = server.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
    const filter = { "Filter.1.Name": "tag:env", "Filter.1.Value.1": "a", "Filter.1.Value.2": "b" };
    expect(asked.slice(1)).toEqual([
      { Action: "DescribeInstances", Version: "2016-11-15", ...filter },
      { Action: "DescribeInstances", Version: "2016-11-15", ...filter, NextToken: "page 2" },
    ]);
  });

  it("asks for the availability zones only until it knows them", async () => {
    const { stage, server } = await begin(routed(kind.routes));
    await stage.clock.advance(60_000);
    await stage.looked(2);
    const actions = server.requests.map(({ body }) => new URLSearchParams(body).get("Action"));
    expect(actions).toEqual(["DescribeAvailabilityZones", "DescribeInstances", "DescribeInstances"]);
  });

  it("does without the IDs of zones where it may not ask for them", async () => {
    const denied = xml(ec2Error("UnauthorizedOperation", "not you"), 403);
    const answer = queryApi({ DescribeAvailabilityZones: () => denied, DescribeInstances: () => instances([WEB]) });
    const { groups } = await begin(routed({ "/": answer }));
    expect(groups[0]?.targets[0]?.["__meta_ec2_availability_zone_id"]).toBe("");
  });

  it("scrapes an instance without a private IPv4 address at its IPv6 address", async () => {
    const labels = await labelsOf(WEB.replace(/<privateIpAddress>.*?<\/privateIpAddress>/, ""));
    expect([labels?.["__address__"], labels?.["__meta_ec2_private_ip"]]).toEqual(["[2001:db8::2]:80", undefined]);
  });

  it("leaves out an instance without an address, and labels of what an instance has not", async () => {
    expect(await labelsOf("<instanceId>i-stopped</instanceId>")).toBeUndefined();
    const bare = await labelsOf("<instanceId>i-1</instanceId><privateIpAddress>10.0.0.2</privateIpAddress>");
    expect(Object.keys(bare ?? {}).toSorted()).toEqual([
      "__address__",
      "__meta_ec2_ami",
      "__meta_ec2_availability_zone",
      "__meta_ec2_availability_zone_id",
      "__meta_ec2_instance_id",
      "__meta_ec2_instance_state",
      "__meta_ec2_instance_type",
      "__meta_ec2_owner_id",
      "__meta_ec2_private_ip",
      "__meta_ec2_region",
    ]);
  });

  it.each<{ what: string; answer: Answer; says: string }>([
    {
      what: "what AWS says",
      answer: xml(ec2Error("UnauthorizedOperation", "You are not authorized"), 403),
      says: 'HTTP 403 Forbidden: "UnauthorizedOperation: You are not authorized"',
    },
    { what: "that a document is empty", answer: xml(""), says: "the answer cannot be read" },
    { what: "that a page of something else is no answer", answer: xml("<html/>"), says: "has no Reservations" },
    {
      what: "that an answer has nothing in it",
      answer: (_, response) => response.end(),
      says: "the answer is empty",
    },
  ])("says $what, and never takes it for no instances", async ({ answer, says }) => {
    const { stage } = await begin(answer);
    expect(stage.sink.updates).toEqual([]);
    expect(stage.sink.failing).toContain(says);
  });

  it("asks again at once when AWS is too busy", async () => {
    let asked = 0;
    const busy = xml(ec2Error("RequestLimitExceeded", "slow down"), 503);
    const answer = queryApi({
      DescribeAvailabilityZones: () => zones,
      DescribeInstances: () => ((asked += 1) === 1 ? busy : instances([WEB])),
    });
    const { groups, stage } = await begin(answer);
    expect([asked, stage.looks, groups[0]?.targets.length]).toEqual([2, 1, 1]);
  });

  it("asks with the HTTP client keys", async () => {
    const { server } = await begin(routed(kind.routes), { http_headers: { "X-Team": { values: ["shop"] } } });
    expect(server.requests[0]?.headers["x-team"]).toBe("shop");
  });
});
