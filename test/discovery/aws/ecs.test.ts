import { beforeEach, describe, expect, it } from "@jest/globals";

import { ecs } from "../../../src/discovery/aws/ecs.ts";
import { jsonApi, queryApi, xml } from "../../support/aws-answers.ts";
import { holdEnvironment } from "../../support/environment.ts";
import { type Answer, TestServers } from "../../support/http-servers.ts";
import { describePolledMechanism, polledStages } from "../../support/polled-mechanism-suite.ts";

const ARN = "arn:aws:ecs:eu-west-2:1";
const CLUSTER = {
  clusterArn: `${ARN}:cluster/shop`,
  clusterName: "shop",
  tags: [{ key: "cost-centre", value: "12" }],
};
const SERVICE = {
  serviceArn: `${ARN}:service/shop/web`,
  serviceName: "web",
  status: "ACTIVE",
  tags: [{ key: "team", value: "web" }],
};
const FARGATE = {
  taskArn: `${ARN}:task/fargate`,
  taskDefinitionArn: `${ARN}:task-definition/web:3`,
  group: "service:web",
  availabilityZone: "eu-west-2a",
  desiredStatus: "RUNNING",
  lastStatus: "RUNNING",
  healthStatus: "HEALTHY",
  launchType: "FARGATE",
  platformFamily: "Linux",
  platformVersion: "1.4.0",
  tags: [{ key: "task", value: "a" }],
  attachments: [
    { type: "Service Connect", details: [] },
    {
      type: "ElasticNetworkInterface",
      details: [
        { name: "subnetId", value: "subnet-1" },
        { name: "networkInterfaceId", value: "eni-1" },
        { name: "privateIPv4Address", value: "10.0.0.1" },
      ],
    },
  ],
};
const ON_EC2 = {
  taskArn: `${ARN}:task/ec2`,
  taskDefinitionArn: `${ARN}:task-definition/job:1`,
  group: "family:job",
  availabilityZone: "eu-west-2b",
  desiredStatus: "RUNNING",
  lastStatus: "PENDING",
  healthStatus: "UNKNOWN",
  launchType: "EC2",
  containerInstanceArn: `${ARN}:container-instance/1`,
};

const ec2 = queryApi({
  DescribeNetworkInterfaces: () =>
    xml(
      `<DescribeNetworkInterfacesResponse><networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId>
        <association><publicIp>52.0.0.1</publicIp></association></item></networkInterfaceSet>
      </DescribeNetworkInterfacesResponse>`,
    ),
  DescribeInstances: () =>
    xml(
      `<DescribeInstancesResponse><reservationSet><item><instancesSet><item>
        <instanceId>i-1</instanceId><instanceType>m7g.large</instanceType><subnetId>subnet-2</subnetId>
        <privateIpAddress>10.0.0.2</privateIpAddress><ipAddress>52.0.0.2</ipAddress>
        <tagSet><item><key>Name</key><value>node</value></item></tagSet>
      </item></instancesSet></item></reservationSet></DescribeInstancesResponse>`,
    ),
});

interface World {
  readonly tasks?: readonly object[];
  readonly clusters?: readonly string[];
}

/** An account with one cluster. */
function api({ tasks = [FARGATE, ON_EC2], clusters = [CLUSTER.clusterArn] }: World = {}): Answer {
  return jsonApi({
    ListClusters: () => ({ clusterArns: clusters }),
    DescribeClusters: () => ({ clusters: [CLUSTER], failures: [] }),
    ListServices: () => ({ serviceArns: [SERVICE.serviceArn] }),
    DescribeServices: () => ({ services: [SERVICE], failures: [] }),
    ListTasks: () => ({ taskArns: tasks.map((_, i) => `task/${String(i)}`) }),
    DescribeTasks: () => ({ tasks, failures: [] }),
    DescribeContainerInstances: () => ({
      containerInstances: [{ containerInstanceArn: ON_EC2.containerInstanceArn, ec2InstanceId: "i-1" }],
    }),
  });
}

const servers = new TestServers();
const environment = holdEnvironment();
beforeEach(async () => {
  environment.set({ AWS_ENDPOINT_URL_EC2: (await servers.start(ec2)).url });
});

const kind = {
  mechanism: ecs,
  settings: ({ url }: { readonly url: string }) => ({
    endpoint: url,
    region: "eu-west-2",
    access_key: "AKIA1",
    secret_key: "secret",
    request_concurrency: 20,
  }),
  routes: { "/": api() },
  nonsense: { text: "{", says: "the answer cannot be read: " },
};
const begin = polledStages(kind);

describePolledMechanism("ecs_sd_configs", kind);

describe("ecs_sd_configs", () => {
  const prefix = "__meta_ecs_";
  const cluster = {
    [`${prefix}cluster`]: "shop",
    [`${prefix}cluster_arn`]: CLUSTER.clusterArn,
    [`${prefix}region`]: "eu-west-2",
    [`${prefix}tag_cluster_cost_centre`]: "12",
  };

  it("finds a task at its own network interface", async () => {
    const { groups } = await begin(api({ tasks: [FARGATE] }));
    expect(groups).toEqual([
      {
        source: "eu-west-2",
        labels: {},
        targets: [
          {
            __address__: "10.0.0.1:80",
            ...cluster,
            [`${prefix}availability_zone`]: "eu-west-2a",
            [`${prefix}desired_status`]: "RUNNING",
            [`${prefix}health_status`]: "HEALTHY",
            [`${prefix}ip_address`]: "10.0.0.1",
            [`${prefix}last_status`]: "RUNNING",
            [`${prefix}launch_type`]: "FARGATE",
            [`${prefix}network_mode`]: "awsvpc",
            [`${prefix}platform_family`]: "Linux",
            [`${prefix}platform_version`]: "1.4.0",
            [`${prefix}public_ip`]: "52.0.0.1",
            [`${prefix}service`]: "web",
            [`${prefix}service_arn`]: SERVICE.serviceArn,
            [`${prefix}service_status`]: "ACTIVE",
            [`${prefix}subnet_id`]: "subnet-1",
            [`${prefix}tag_service_team`]: "web",
            [`${prefix}tag_task_task`]: "a",
            [`${prefix}task_arn`]: FARGATE.taskArn,
            [`${prefix}task_definition`]: FARGATE.taskDefinitionArn,
            [`${prefix}task_group`]: "service:web",
          },
        ],
      },
    ]);
  });

  it("finds a task on the EC2 instance that it runs on", async () => {
    const { groups } = await begin(api({ tasks: [ON_EC2] }));
    expect(groups[0]?.targets).toEqual([
      {
        __address__: "10.0.0.2:80",
        ...cluster,
        [`${prefix}availability_zone`]: "eu-west-2b",
        [`${prefix}container_instance_arn`]: ON_EC2.containerInstanceArn,
        [`${prefix}desired_status`]: "RUNNING",
        [`${prefix}ec2_instance_id`]: "i-1",
        [`${prefix}ec2_instance_private_ip`]: "10.0.0.2",
        [`${prefix}ec2_instance_public_ip`]: "52.0.0.2",
        [`${prefix}ec2_instance_type`]: "m7g.large",
        [`${prefix}health_status`]: "UNKNOWN",
        [`${prefix}ip_address`]: "10.0.0.2",
        [`${prefix}last_status`]: "PENDING",
        [`${prefix}launch_type`]: "EC2",
        [`${prefix}network_mode`]: "bridge",
        [`${prefix}public_ip`]: "52.0.0.2",
        [`${prefix}subnet_id`]: "subnet-2",
        [`${prefix}tag_ec2_Name`]: "node",
        [`${prefix}task_arn`]: ON_EC2.taskArn,
        [`${prefix}task_definition`]: ON_EC2.taskDefinitionArn,
        [`${prefix}task_group`]: "family:job",
      },
    ]);
  });

  it("knows the EC2 instance of a task that has an interface of its own too", async () => {
    const task = { ...FARGATE, launchType: "EC2", containerInstanceArn: ON_EC2.containerInstanceArn };
    const { groups } = await begin(api({ tasks: [task] }));
    expect(groups[0]?.targets[0]).toMatchObject({
      __address__: "10.0.0.1:80",
      [`${prefix}network_mode`]: "awsvpc",
      [`${prefix}public_ip`]: "52.0.0.1",
      [`${prefix}ec2_instance_private_ip`]: "10.0.0.2",
    });
  });

  it("leaves out a task without an address", async () => {
    const lost = { ...ON_EC2, containerInstanceArn: `${ARN}:container-instance/gone` };
    const starting = { ...FARGATE, attachments: [{ type: "ElasticNetworkInterface", details: [] }] };
    const { groups } = await begin(api({ tasks: [lost, starting, { ...FARGATE, attachments: [] }] }));
    expect(groups[0]?.targets).toEqual([]);
  });

  it("knows an account without clusters, and a cluster without tasks", async () => {
    const nothing = jsonApi({ ListClusters: () => ({ clusterArns: [] }) });
    expect((await begin(nothing)).groups).toEqual([{ source: "eu-west-2", labels: {}, targets: [] }]);
    expect((await begin(api({ tasks: [] }))).groups[0]?.targets).toEqual([]);
  });

  it("asks for the configured clusters only", async () => {
    const { server } = await begin(api(), { clusters: ["shop"] });
    const operations = server.requests.map(({ headers }) => String(headers["x-amz-target"]).split(".")[1]);
    expect(operations).not.toContain("ListClusters");
    expect(JSON.parse(server.requests[0]?.body ?? "")).toEqual({ clusters: ["shop"], include: ["TAGS"] });
  });

  it("fails when a configured cluster is not there", async () => {
    const { stage } = await begin(
      jsonApi({ DescribeClusters: () => ({ clusters: [], failures: [{ arn: "shop", reason: "MISSING" }] }) }),
      { clusters: ["shop"] },
    );
    expect([stage.sink.updates, stage.sink.failing]).toEqual([[], "DescribeClusters: shop: MISSING"]);
  });

  it("fails as a whole when one part cannot be read", async () => {
    environment.set({ AWS_ENDPOINT_URL_EC2: (await servers.start(xml("<none/>", 403))).url });
    const { stage } = await begin(api());
    expect([stage.sink.updates, stage.sink.failing]).toEqual([[], expect.stringContaining("HTTP 403 Forbidden")]);
  });

  it("asks for all pages, in parts that the API takes", async () => {
    const tasks = Array.from({ length: 150 }, (_, i) => `task/${String(i)}`);
    const asked: number[] = [];
    const { groups } = await begin(
      jsonApi({
        ListClusters: ({ nextToken }) =>
          nextToken === undefined ? { clusterArns: [], nextToken: "2" } : { clusterArns: [CLUSTER.clusterArn] },
        DescribeClusters: () => ({ clusters: [CLUSTER] }),
        ListServices: ({ nextToken }) =>
          nextToken === undefined ? { serviceArns: [], nextToken: "2" } : { serviceArns: [SERVICE.serviceArn] },
        DescribeServices: () => ({ services: [SERVICE] }),
        ListTasks: ({ nextToken }) =>
          nextToken === undefined ? { taskArns: tasks.slice(0, 100), nextToken: "2" } : { taskArns: tasks.slice(100) },
        DescribeTasks: ({ tasks: part }) => {
          const names = part as readonly string[];
          asked.push(names.length);
          return { tasks: names.map(() => FARGATE) };
        },
      }),
    );
    expect([asked, groups[0]?.targets.length]).toEqual([[100, 50], 150]);
  });
});
