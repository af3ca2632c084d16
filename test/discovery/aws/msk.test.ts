import { describe, expect, it } from "@jest/globals";

import { msk } from "../../../src/discovery/aws/msk.ts";
import { describePolledMechanism, polledStages, QueryRoute, routed } from "../../support/polled-mechanism-suite.ts";

const ARN = "arn:aws:kafka:eu-west-2:1:cluster/shop/1-2";
const CLUSTER = {
  clusterArn: ARN,
  clusterName: "shop",
  clusterType: "PROVISIONED",
  currentVersion: "K3",
  state: "ACTIVE",
  tags: { "cost-centre": "12" },
  provisioned: {
    currentBrokerSoftwareInfo: { configurationArn: "config", configurationRevision: 2, kafkaVersion: "3.8.0" },
    openMonitoring: {
      prometheus: { jmxExporter: { enabledInBroker: true }, nodeExporter: { enabledInBroker: false } },
    },
  },
};
const BROKER = {
  nodeARN: `${ARN}/broker`,
  addedToClusterTime: "2026-01-02T03:04:05.678Z",
  instanceType: "kafka.m7g.large",
  brokerNodeInfo: {
    attachedENIId: "eni-1",
    brokerId: 1,
    clientSubnet: "subnet-1",
    clientVpcIpAddress: "10.0.0.1",
    endpoints: ["b-1.example.com", "b-1b.example.com"],
  },
};
const CONTROLLER = { nodeARN: `${ARN}/controller`, controllerNodeInfo: { endpoints: ["c-1.example.com"] } };
const CLUSTERS = "/api/v2/clusters";
const NODES = `/v1/clusters/${encodeURIComponent(ARN)}/nodes`;
const ROUTES = {
  [CLUSTERS]: { clusterInfoList: [CLUSTER] },
  [`${CLUSTERS}/${encodeURIComponent(ARN)}`]: { clusterInfo: CLUSTER },
  [NODES]: { nodeInfoList: [BROKER, CONTROLLER, { nodeARN: "neither" }] },
};
const kind = {
  mechanism: msk,
  settings: ({ url }: { readonly url: string }) => ({
    endpoint: url,
    region: "eu-west-2",
    access_key: "AKIA1",
    secret_key: "secret",
    request_concurrency: 10,
  }),
  routes: ROUTES,
  nonsense: { text: "{", says: "the answer cannot be read: " },
};
const begin = polledStages(kind);
/** A list of two pages with one item each. */
const pages = (name: string, item: object): QueryRoute =>
  new QueryRoute(({ searchParams }) =>
    searchParams.get("nextToken") === "2" ? { [name]: [item] } : { [name]: [item], nextToken: "2" },
  );

describePolledMechanism("msk_sd_configs", kind);

describe("msk_sd_configs", () => {
  const prefix = "__meta_msk_";
  const cluster = {
    [`${prefix}cluster_arn`]: ARN,
    [`${prefix}cluster_configuration_arn`]: "config",
    [`${prefix}cluster_configuration_revision`]: "2",
    [`${prefix}cluster_jmx_exporter_enabled`]: "true",
    [`${prefix}cluster_kafka_version`]: "3.8.0",
    [`${prefix}cluster_name`]: "shop",
    [`${prefix}cluster_state`]: "ACTIVE",
    [`${prefix}cluster_tag_cost_centre`]: "12",
    [`${prefix}cluster_type`]: "PROVISIONED",
    [`${prefix}cluster_version`]: "K3",
  };
  const broker = {
    ...cluster,
    [`${prefix}broker_client_subnet`]: "subnet-1",
    [`${prefix}broker_client_vpc_ip`]: "10.0.0.1",
    [`${prefix}broker_id`]: "1",
    [`${prefix}broker_node_exporter_enabled`]: "false",
    [`${prefix}node_added_time`]: "2026-01-02T03:04:05.678Z",
    [`${prefix}node_arn`]: BROKER.nodeARN,
    [`${prefix}node_attached_eni`]: "eni-1",
    [`${prefix}node_instance_type`]: "kafka.m7g.large",
    [`${prefix}node_type`]: "BROKER",
  };

  it("finds each endpoint of brokers and controllers with their labels", async () => {
    const { groups, server } = await begin(routed(ROUTES));
    expect(groups).toEqual([
      {
        source: "eu-west-2",
        labels: {},
        targets: [
          { __address__: "b-1.example.com:80", ...broker, [`${prefix}broker_endpoint_index`]: "0" },
          { __address__: "b-1b.example.com:80", ...broker, [`${prefix}broker_endpoint_index`]: "1" },
          {
            __address__: "c-1.example.com:80",
            ...cluster,
            [`${prefix}controller_endpoint_index`]: "0",
            [`${prefix}node_arn`]: CONTROLLER.nodeARN,
            [`${prefix}node_type`]: "CONTROLLER",
          },
        ],
      },
    ]);
    expect(server.requests[0]?.url).toBe(`${CLUSTERS}?clusterTypeFilter=PROVISIONED&maxResults=100`);
  });

  it("asks for all pages", async () => {
    const { groups } = await begin(
      routed({ [CLUSTERS]: pages("clusterInfoList", CLUSTER), [NODES]: pages("nodeInfoList", CONTROLLER) }),
    );
    expect(groups[0]?.targets).toHaveLength(4);
  });

  it("asks for the configured clusters only", async () => {
    const { groups, server } = await begin(routed(ROUTES), { clusters: [ARN] });
    expect(groups[0]?.targets).toHaveLength(3);
    expect(server.requests.map(({ url }) => url.split("?")[0])).not.toContain(CLUSTERS);
  });

  it("does without what a cluster does not say", async () => {
    const bare = { clusterArn: ARN, clusterName: "bare" };
    const { groups } = await begin(
      routed({ [CLUSTERS]: { clusterInfoList: [bare] }, [NODES]: { nodeInfoList: [CONTROLLER] } }),
    );
    expect(Object.keys(groups[0]?.targets[0] ?? {}).join()).not.toMatch(/exporter|configuration|kafka_version|state/);
  });

  it.each<{ what: string; routes: Readonly<Record<string, unknown>>; says: string }>([
    { what: "no list of clusters", routes: { [CLUSTERS]: {} }, says: "ListClustersV2: the answer has no Cluster" },
    { what: "no list of nodes", routes: { ...ROUTES, [NODES]: {} }, says: "ListNodes: the answer has no NodeInfoList" },
  ])("never takes $what for none", async ({ routes, says }) => {
    const { stage } = await begin(routed(routes));
    expect([stage.sink.updates, stage.sink.failing]).toEqual([[], expect.stringContaining(says)]);
  });

  it("fails when a configured cluster is not described", async () => {
    const route = { [`${CLUSTERS}/${encodeURIComponent(ARN)}`]: { message: "hello" } };
    const { stage } = await begin(routed(route), { clusters: [ARN] });
    expect(stage.sink.failing).toBe(`DescribeClusterV2: the answer for ${ARN} has no ClusterInfo`);
  });
});
