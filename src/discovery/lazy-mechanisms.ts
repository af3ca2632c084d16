import type { DataObject, Discoverer } from "../allocator/index.ts";
import type { DiscoveryMetrics } from "./discovery-metrics.ts";
import type { DiscoveryHttpClientDependencies } from "./http-client/http-client.ts";
import { LazyDiscoverer } from "./lazy-discoverer.ts";
import type { PolledMechanism } from "./polling-discoverer.ts";
import type { ZooKeeperMechanism } from "./zookeeper/zookeeper-discoverer.ts";

/** What mechanisms that are loaded when they are needed get of their surroundings. */
export interface LazySurroundings extends DiscoveryHttpClientDependencies {
  readonly metrics: DiscoveryMetrics;
  /** The job that it works for; the first one, when jobs share it. */
  readonly job: string;
  /** Why files of this machine, sockets among them, cannot be named; undefined when they can. */
  readonly noFiles: string | undefined;
}

/** Makes a discoverer. Throws for unusable settings. */
export type CreateDiscoverer = (settings: DataObject, surroundings: LazySurroundings) => Discoverer;

/** By the key in the file without `_sd_configs`: how the code is had. */
export const LAZY_MECHANISMS: Readonly<Record<string, () => Promise<CreateDiscoverer>>> = {
  aws: async () => {
    const { roleSectionOf } = await import("./aws/aws-role.ts");
    return (raw, surroundings) => {
      const { mechanism, settings } = roleSectionOf(raw);
      return new LazyDiscoverer(async () => (await loadRole(mechanism))(settings, surroundings));
    };
  },
  azure: async () => {
    const { azure } = await import("./azure/azure.ts");
    return polled(({ azure: observer }) => azure({ observer }));
  },
  consul: async () => {
    const { createConsulDiscoverer } = await import("./consul/consul-discoverer.ts");
    return (settings, { metrics, ...surroundings }) =>
      createConsulDiscoverer(settings, { ...surroundings, observer: metrics.consul });
  },
  docker: async () => polled((await import("./docker/docker.ts")).docker),
  dockerswarm: async () => polled((await import("./docker/docker-swarm.ts")).dockerSwarm),
  nomad: async () => polled((await import("./nomad/nomad.ts")).nomad),
  digitalocean: async () => polled((await import("./digitalocean/digitalocean.ts")).digitalOcean()),
  hetzner: async () => polled((await import("./hetzner/hetzner.ts")).hetzner()),
  linode: async () => polled((await import("./linode/linode.ts")).linode()),
  marathon: async () => polled((await import("./marathon/marathon.ts")).marathon),
  vultr: async () => polled((await import("./vultr/vultr.ts")).vultr()),
  ec2: async () => polled((await import("./aws/ec2.ts")).ec2),
  ecs: async () => polled((await import("./aws/ecs.ts")).ecs),
  elasticache: async () => polled((await import("./aws/elasticache.ts")).elasticache),
  lightsail: async () => polled((await import("./aws/lightsail.ts")).lightsail),
  msk: async () => polled((await import("./aws/msk.ts")).msk),
  rds: async () => polled((await import("./aws/rds.ts")).rds),
  gce: async () => polled((await import("./gce/gce.ts")).gce()),
  ionos: async () => polled((await import("./ionos/ionos.ts")).ionos()),
  puppetdb: async () => polled((await import("./puppetdb/puppetdb.ts")).puppetDb),
  scaleway: async () => polled((await import("./scaleway/scaleway.ts")).scaleway),
  kuma: async () => polled((await import("./kuma/kuma.ts")).kuma),
  triton: async () => polled((await import("./triton/triton.ts")).triton),
  openstack: async () => polled((await import("./openstack/openstack.ts")).openStack),
  outscale: async () => polled((await import("./outscale/outscale.ts")).outscale),
  ovhcloud: async () => polled((await import("./ovhcloud/ovhcloud.ts")).ovhCloud),
  stackit: async () => polled((await import("./stackit/stackit.ts")).stackit()),
  uyuni: async () => polled((await import("./uyuni/uyuni.ts")).uyuni),
  nerve: async () => zooKeeper((await import("./zookeeper/nerve.ts")).nerve),
  serverset: async () => zooKeeper((await import("./zookeeper/serverset.ts")).serverset),
  eureka: async () => polled((await import("./eureka/eureka.ts")).eureka),
};

/** A role of `aws_sd_configs` is a mechanism of its own too. */
async function loadRole(role: string): Promise<CreateDiscoverer> {
  const load = LAZY_MECHANISMS[role];
  if (load === undefined) throw new Error(`aws_sd_configs: the role ${role} is not supported`);
  return load();
}

/** @param given - A mechanism, or how it is made if it counts something itself. */
async function zooKeeper(mechanism: ZooKeeperMechanism): Promise<CreateDiscoverer> {
  const { createZooKeeperDiscoverer } = await import("./zookeeper/zookeeper-discoverer.ts");
  return (settings, surroundings) => createZooKeeperDiscoverer(mechanism, settings, surroundings);
}

async function polled(
  given: PolledMechanism | ((metrics: DiscoveryMetrics) => PolledMechanism),
): Promise<CreateDiscoverer> {
  const { createPollingDiscoverer } = await import("./polling-discoverer.ts");
  return (settings, { metrics, job, ...surroundings }) => {
    const mechanism = typeof given === "function" ? given(metrics) : given;
    const observer = metrics.refreshing(mechanism.mechanism, job);
    return createPollingDiscoverer(mechanism, settings, { ...surroundings, observer });
  };
}
