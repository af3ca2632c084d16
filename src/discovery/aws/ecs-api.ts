import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  EC2Client,
  type Instance,
  type NetworkInterface,
  type Reservation,
} from "@aws-sdk/client-ec2";
import {
  type Cluster,
  type ContainerInstance,
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListClustersCommand,
  ListServicesCommand,
  ListTasksCommand,
  type Service,
  type Task,
} from "@aws-sdk/client-ecs";

import { allPages } from "../all-pages.ts";
import { type AwsRoleOptions, listed } from "./aws-mechanism.ts";
import { chunks } from "./chunks.ts";
import { RequestLimit } from "./request-limit.ts";

/** Names that one request takes at most, by what is asked for. */
const AT_ONCE = { clusters: 100, services: 10, tasks: 100, containerInstances: 100, ec2: 200 };

/** What ECS and EC2 know of a region's tasks, each question asked for all that it is about. */
export class EcsApi {
  readonly #ecs: ECSClient;
  readonly #ec2: EC2Client;
  readonly #limit: RequestLimit;

  /** @param concurrency - How many requests at a time. The configured endpoint is that of ECS only. */
  constructor({ client, endpoint }: Pick<AwsRoleOptions, "client" | "endpoint">, concurrency: number) {
    this.#ecs = new ECSClient({ ...client, ...endpoint });
    this.#ec2 = new EC2Client(client);
    this.#limit = new RequestLimit(concurrency);
  }

  /** The ARNs of all clusters. */
  async clusterArns(abortSignal: AbortSignal): Promise<readonly string[]> {
    return allPages<string, string>("ListClusters", "", async (token) => {
      const command = new ListClustersCommand({ maxResults: 100, ...from(token) });
      const answer = await this.#limit.run(async () => this.#ecs.send(command, { abortSignal }));
      return page(listed(answer.clusterArns, "ListClusters", "clusterArns"), answer.nextToken);
    });
  }

  /** Rejects when one of them is not there. */
  async clusters(names: readonly string[], abortSignal: AbortSignal): Promise<readonly Cluster[]> {
    return this.#each(chunks(names, AT_ONCE.clusters), async (part) => {
      const command = new DescribeClustersCommand({ clusters: [...part], include: ["TAGS"] });
      const { clusters, failures = [] } = await this.#limit.run(async () => this.#ecs.send(command, { abortSignal }));
      for (const { arn = "", reason = "" } of failures) throw new Error(`DescribeClusters: ${arn}: ${reason}`);
      return listed(clusters, "DescribeClusters", "clusters");
    });
  }

  /** The services of a cluster. */
  async services(cluster: string, abortSignal: AbortSignal): Promise<readonly Service[]> {
    const arns = await allPages<string, string>("ListServices", "", async (token) => {
      const command = new ListServicesCommand({ cluster, maxResults: 100, ...from(token) });
      const answer = await this.#limit.run(async () => this.#ecs.send(command, { abortSignal }));
      return page(listed(answer.serviceArns, "ListServices", "serviceArns"), answer.nextToken);
    });
    return this.#each(chunks(arns, AT_ONCE.services), async (part) => {
      const command = new DescribeServicesCommand({ cluster, services: [...part], include: ["TAGS"] });
      const { services } = await this.#limit.run(async () => this.#ecs.send(command, { abortSignal }));
      return listed(services, "DescribeServices", "services");
    });
  }

  /** The tasks of a cluster that are not meant to stop. */
  async tasks(cluster: string, abortSignal: AbortSignal): Promise<readonly Task[]> {
    const arns = await allPages<string, string>("ListTasks", "", async (token) => {
      const command = new ListTasksCommand({ cluster, maxResults: 100, ...from(token) });
      const answer = await this.#limit.run(async () => this.#ecs.send(command, { abortSignal }));
      return page(listed(answer.taskArns, "ListTasks", "taskArns"), answer.nextToken);
    });
    return this.#each(chunks(arns, AT_ONCE.tasks), async (part) => {
      const command = new DescribeTasksCommand({ cluster, tasks: [...part], include: ["TAGS"] });
      const { tasks } = await this.#limit.run(async () => this.#ecs.send(command, { abortSignal }));
      return listed(tasks, "DescribeTasks", "tasks");
    });
  }

  async containerInstances(
    cluster: string,
    arns: readonly string[],
    abortSignal: AbortSignal,
  ): Promise<readonly ContainerInstance[]> {
    return this.#each(chunks(arns, AT_ONCE.containerInstances), async (part) => {
      const command = new DescribeContainerInstancesCommand({ cluster, containerInstances: [...part] });
      const { containerInstances } = await this.#limit.run(async () => this.#ecs.send(command, { abortSignal }));
      return listed(containerInstances, "DescribeContainerInstances", "containerInstances");
    });
  }

  /** EC2 instances, those of them that still exist: asked for by name, one that is gone would fail all. */
  async instances(ids: readonly string[], abortSignal: AbortSignal): Promise<readonly Instance[]> {
    const reservations = await this.#each(chunks(ids, AT_ONCE.ec2), async (part) =>
      allPages<Reservation, string>("DescribeInstances", "", async (token) => {
        const filters = [{ Name: "instance-id", Values: [...part] }];
        const command = new DescribeInstancesCommand({ Filters: filters, ...nextFrom(token) });
        const answer = await this.#limit.run(async () => this.#ec2.send(command, { abortSignal }));
        return page(listed(answer.Reservations, "DescribeInstances", "Reservations"), answer.NextToken);
      }),
    );
    return reservations.flatMap(({ Instances = [] }) => Instances);
  }

  /** Network interfaces, those of them that still exist. */
  async networkInterfaces(ids: readonly string[], abortSignal: AbortSignal): Promise<readonly NetworkInterface[]> {
    return this.#each(chunks(ids, AT_ONCE.ec2), async (part) =>
      allPages<NetworkInterface, string>("DescribeNetworkInterfaces", "", async (token) => {
        const filters = [{ Name: "network-interface-id", Values: [...part] }];
        const command = new DescribeNetworkInterfacesCommand({ Filters: filters, ...nextFrom(token) });
        const answer = await this.#limit.run(async () => this.#ec2.send(command, { abortSignal }));
        const { NetworkInterfaces, NextToken } = answer;
        return page(listed(NetworkInterfaces, "DescribeNetworkInterfaces", "NetworkInterfaces"), NextToken);
      }),
    );
  }

  async #each<Part, Item>(
    parts: readonly Part[],
    ask: (part: Part) => Promise<readonly Item[]>,
  ): Promise<readonly Item[]> {
    return (await Promise.all(parts.map(ask))).flat();
  }
}

function page<Item>(
  items: readonly Item[],
  token: string | undefined,
): { readonly items: readonly Item[]; readonly next: string | undefined } {
  return { items, next: token === "" ? undefined : token };
}

function from(nextToken: string): { readonly nextToken?: string } {
  return nextToken === "" ? {} : { nextToken };
}

function nextFrom(token: string): { readonly NextToken?: string } {
  return token === "" ? {} : { NextToken: token };
}
