import { describe, expect, it } from "@jest/globals";

import { rds } from "../../../src/discovery/aws/rds.ts";
import { CLUSTER_LABELS, INSTANCE_LABELS } from "../../../src/discovery/aws/rds-labels.ts";
import { queryApi, xml } from "../../support/aws-answers.ts";
import type { Answer } from "../../support/http-servers.ts";
import { describePolledMechanism, polledStages } from "../../support/polled-mechanism-suite.ts";

const ARN = "arn:aws:rds:eu-west-2:1:cluster:shop";
const CLUSTER = `<DBClusterArn>${ARN}</DBClusterArn><DBClusterIdentifier>shop</DBClusterIdentifier>
  <Engine>aurora-postgresql</Engine><Port>5432</Port><MultiAZ>true</MultiAZ>
  <ClusterCreateTime>2026-01-02T03:04:05.678Z</ClusterCreateTime>
  <DBClusterMembers><DBClusterMember>
    <DBInstanceIdentifier>shop-1</DBInstanceIdentifier><IsClusterWriter>true</IsClusterWriter>
  </DBClusterMember></DBClusterMembers>
  <TagList><Tag><Key>cost-centre</Key><Value>12</Value></Tag></TagList>`;
const INSTANCE = `<DBInstanceArn>${ARN}-1</DBInstanceArn><DBInstanceIdentifier>shop-1</DBInstanceIdentifier>
  <DBInstanceClass>db.r7g.large</DBInstanceClass><PubliclyAccessible>false</PubliclyAccessible>
  <Endpoint><Address>shop-1.example.com</Address><Port>5432</Port><HostedZoneId>Z1</HostedZoneId></Endpoint>
  <ListenerEndpoint><Address>listener.example.com</Address><Port>1433</Port></ListenerEndpoint>
  <DBSubnetGroup><DBSubnetGroupName>private</DBSubnetGroupName></DBSubnetGroup>
  <TagList><Tag><Key>team</Key><Value>web</Value></Tag></TagList>`;

const list = (operation: string, member: string, items: readonly string[], marker = ""): Answer => {
  const elements = items.map((item) => `<${member}>${item}</${member}>`).join("");
  const next = marker === "" ? "" : `<Marker>${marker}</Marker>`;
  const result = `<${operation}Result><${member}s>${elements}</${member}s>${next}</${operation}Result>`;
  return xml(`<${operation}Response xmlns="http://rds.amazonaws.com/doc/2014-10-31/">${result}</${operation}Response>`);
};
const clusters = (items: readonly string[], marker?: string): Answer =>
  list("DescribeDBClusters", "DBCluster", items, marker);
const instances = (items: readonly string[], marker?: string): Answer =>
  list("DescribeDBInstances", "DBInstance", items, marker);
const api = (instance = INSTANCE): Answer =>
  queryApi({ DescribeDBClusters: () => clusters([CLUSTER]), DescribeDBInstances: () => instances([instance]) });

const kind = {
  mechanism: rds,
  settings: ({ url }: { readonly url: string }) => ({
    endpoint: url,
    region: "eu-west-2",
    access_key: "AKIA1",
    secret_key: "secret",
    request_concurrency: 10,
  }),
  routes: { "/": api() },
  nonsense: { text: "{", says: "the answer cannot be read: " },
};
const begin = polledStages(kind);

describePolledMechanism("rds_sd_configs", kind);

describe("rds_sd_configs", () => {
  it("finds the instances of clusters with their labels", async () => {
    const { groups, server } = await begin(api());
    const [cluster, instance] = ["__meta_rds_cluster_", "__meta_rds_instance_"];
    expect(groups).toEqual([
      {
        source: "eu-west-2",
        labels: {},
        targets: [
          {
            __address__: "shop-1.example.com:80",
            [`${cluster}arn`]: ARN,
            [`${cluster}cluster_create_time`]: "2026-01-02T03:04:05Z",
            [`${cluster}engine`]: "aurora-postgresql",
            [`${cluster}identifier`]: "shop",
            [`${cluster}multi_az`]: "true",
            [`${cluster}port`]: "5432",
            [`${cluster}tag_cost_centre`]: "12",
            [`${instance}arn`]: `${ARN}-1`,
            [`${instance}class`]: "db.r7g.large",
            [`${instance}endpoint_address`]: "shop-1.example.com",
            [`${instance}endpoint_hosted_zone_id`]: "Z1",
            [`${instance}endpoint_port`]: "5432",
            [`${instance}identifier`]: "shop-1",
            [`${instance}is_cluster_writer`]: "true",
            [`${instance}listener_endpoint_address`]: "listener.example.com",
            [`${instance}listener_endpoint_port`]: "1433",
            [`${instance}publicly_accessible`]: "false",
            [`${instance}subnet_group`]: "private",
            [`${instance}tag_team`]: "web",
          },
        ],
      },
    ]);
    expect(Object.fromEntries(new URLSearchParams(server.requests[1]?.body))).toMatchObject({
      "Filters.Filter.1.Name": "db-cluster-id",
      "Filters.Filter.1.Values.Value.1": ARN,
    });
  });

  it("gives no address to an instance that has none", async () => {
    const { groups } = await begin(api("<DBInstanceIdentifier>new</DBInstanceIdentifier>"));
    expect(groups[0]?.targets.map((target) => target["__address__"])).toEqual([undefined]);
  });

  it("asks for all pages", async () => {
    const { groups } = await begin(
      queryApi({
        DescribeDBClusters: (form) => (form.has("Marker") ? clusters([CLUSTER]) : clusters([CLUSTER], "2")),
        DescribeDBInstances: (form) => (form.has("Marker") ? instances([INSTANCE]) : instances([INSTANCE], "2")),
      }),
    );
    expect(groups[0]?.targets).toHaveLength(4);
  });

  it("asks for the configured clusters only, which must be there", async () => {
    const { server } = await begin(api(), { clusters: [ARN] });
    expect(new URLSearchParams(server.requests[0]?.body).get("DBClusterIdentifier")).toBe(ARN);
    const { stage } = await begin(queryApi({ DescribeDBClusters: () => clusters([]) }), { clusters: [ARN] });
    expect([stage.sink.updates, stage.sink.failing]).toEqual([[], `DescribeDBClusters: there is no cluster ${ARN}`]);
  });

  it.each<{ of: string; labels: Readonly<Record<string, string>>; count: number }>([
    { of: "a cluster", labels: CLUSTER_LABELS, count: 68 },
    { of: "an instance", labels: INSTANCE_LABELS, count: 71 },
  ])("names all fields of $of, each once", ({ labels, count }) => {
    const names = Object.values(labels);
    expect([names.length, new Set(names).size]).toEqual([count, count]);
    for (const name of names) expect(name).toMatch(/^[a-z0-9_]+$/);
  });
});
