import { describe, expect, it } from "@jest/globals";

import { dockerSwarm } from "../../../src/discovery/docker/docker-swarm.ts";
import { describePolledMechanism, polledStages, routed } from "../../support/polled-mechanism-suite.ts";

const NODE = {
  ID: "node1",
  Spec: { Role: "manager", Availability: "active", Labels: { "disk.type": "ssd" } },
  Description: {
    Hostname: "host-1",
    Platform: { Architecture: "x86_64", OS: "linux" },
    Engine: { EngineVersion: "29.0.1" },
  },
  Status: { State: "ready", Addr: "192.0.2.1" },
  ManagerStatus: { Leader: true, Reachability: "reachable", Addr: "192.0.2.1:2377" },
};
const WORKER = { ...NODE, ID: "node2", ManagerStatus: undefined, Status: { State: "down", Addr: "fd00::1" } };
const PORT = { Name: "http", Protocol: "tcp", TargetPort: 80, PublishedPort: 8080, PublishMode: "ingress" };
const SERVICE = {
  ID: "svc1",
  Spec: {
    Name: "web",
    Labels: { team: "shop" },
    Mode: { Replicated: { Replicas: 2 } },
    TaskTemplate: { ContainerSpec: { Image: "web:1", Hostname: "h" } },
  },
  Endpoint: {
    Ports: [PORT, { Protocol: "udp", PublishedPort: 53 }],
    VirtualIPs: [{ NetworkID: "net1", Addr: "10.0.0.5/24" }],
  },
  UpdateStatus: { State: "completed" },
};
const TASK = {
  ID: "task1",
  ServiceID: "svc1",
  NodeID: "node1",
  Slot: 2,
  DesiredState: "running",
  Spec: { ContainerSpec: { Labels: { "a-b": "c" } } },
  Status: {
    State: "running",
    ContainerStatus: { ContainerID: "c1" },
    PortStatus: { Ports: [{ Protocol: "tcp", PublishedPort: 9100, PublishMode: "host" }, { Protocol: "udp" }] },
  },
  NetworksAttachments: [{ Network: { ID: "net1" }, Addresses: ["10.0.0.7/24"] }],
};
const NETWORK = { Id: "net1", Name: "ingress", Scope: "swarm", Internal: false, Ingress: true, Labels: { n: "1" } };
const ROUTES = { "/nodes": [NODE, WORKER], "/services": [SERVICE], "/tasks": [TASK], "/networks": [NETWORK] };

const NETWORK_LABELS = {
  __meta_dockerswarm_network_id: "net1",
  __meta_dockerswarm_network_name: "ingress",
  __meta_dockerswarm_network_scope: "swarm",
  __meta_dockerswarm_network_internal: "false",
  __meta_dockerswarm_network_ingress: "true",
  __meta_dockerswarm_network_label_n: "1",
};
const NODE_LABELS = {
  __meta_dockerswarm_node_id: "node1",
  __meta_dockerswarm_node_role: "manager",
  __meta_dockerswarm_node_address: "192.0.2.1",
  __meta_dockerswarm_node_availability: "active",
  __meta_dockerswarm_node_hostname: "host-1",
  __meta_dockerswarm_node_platform_architecture: "x86_64",
  __meta_dockerswarm_node_platform_os: "linux",
  __meta_dockerswarm_node_status: "ready",
  __meta_dockerswarm_node_label_disk_type: "ssd",
};
const SERVICE_LABELS = {
  __meta_dockerswarm_service_id: "svc1",
  __meta_dockerswarm_service_name: "web",
  __meta_dockerswarm_service_mode: "replicated",
  __meta_dockerswarm_service_label_team: "shop",
};

const kind = {
  mechanism: dockerSwarm,
  settings: ({ url }: { url: string }) => ({ host: url, role: "tasks", filters: [] }),
  routes: ROUTES,
};
const begin = polledStages(kind);

describePolledMechanism("dockerswarm_sd_configs", kind);

async function targetsOf(role: string, routes: object = {}): Promise<readonly Record<string, string>[]> {
  const { groups, stage } = await begin(routed({ ...ROUTES, ...routes }), { role });
  expect(stage.sink.failing).toBeUndefined();
  expect(groups.map(({ source, labels }) => [source, labels])).toEqual([["DockerSwarm", {}]]);
  return groups.flatMap(({ targets }) => targets);
}

describe("the role nodes", () => {
  it("finds every node, and says more of managers", async () => {
    const [manager, worker] = await targetsOf("nodes");
    expect(manager).toEqual({
      ...NODE_LABELS,
      __address__: "192.0.2.1:80",
      __meta_dockerswarm_node_engine_version: "29.0.1",
      __meta_dockerswarm_node_manager_leader: "true",
      __meta_dockerswarm_node_manager_reachability: "reachable",
      __meta_dockerswarm_node_manager_address: "192.0.2.1:2377",
    });
    expect(worker).toEqual({
      ...NODE_LABELS,
      __address__: "[fd00::1]:80",
      __meta_dockerswarm_node_id: "node2",
      __meta_dockerswarm_node_address: "fd00::1",
      __meta_dockerswarm_node_status: "down",
      __meta_dockerswarm_node_engine_version: "29.0.1",
    });
  });
});

describe("the role services", () => {
  const common = {
    ...SERVICE_LABELS,
    ...NETWORK_LABELS,
    __meta_dockerswarm_service_task_container_hostname: "h",
    __meta_dockerswarm_service_task_container_image: "web:1",
    __meta_dockerswarm_service_updating_status: "completed",
  };

  it("finds the published TCP ports at the virtual addresses", async () => {
    expect(await targetsOf("services")).toEqual([
      {
        ...common,
        __address__: "10.0.0.5:8080",
        __meta_dockerswarm_service_endpoint_port_name: "http",
        __meta_dockerswarm_service_endpoint_port_publish_mode: "ingress",
      },
    ]);
  });

  it("takes the configured port for a service that publishes none", async () => {
    const service = { ...SERVICE, Endpoint: { ...SERVICE.Endpoint, Ports: [] } };
    expect(await targetsOf("services", { "/services": [service] })).toEqual([
      { ...common, __address__: "10.0.0.5:80" },
    ]);
  });

  it.each<{ mode: object; says: string }>([
    { mode: { Global: {} }, says: "global" },
    { mode: { Replicated: {} }, says: "replicated" },
    { mode: { GlobalJob: {} }, says: "" },
  ])("says the mode $mode as '$says'", async ({ mode, says }) => {
    const service = { ...SERVICE, Spec: { Name: "plugin", Mode: mode, TaskTemplate: {} }, UpdateStatus: null };
    const [target] = await targetsOf("services", { "/services": [service] });
    expect(target?.["__meta_dockerswarm_service_mode"]).toBe(says);
    expect(Object.keys(target ?? {}).filter((name) => /task_container|updating/.test(name))).toEqual([]);
  });
});

describe("the role tasks", () => {
  const common = {
    ...SERVICE_LABELS,
    ...NODE_LABELS,
    __meta_dockerswarm_task_id: "task1",
    __meta_dockerswarm_task_desired_state: "running",
    __meta_dockerswarm_task_state: "running",
    __meta_dockerswarm_task_slot: "2",
    __meta_dockerswarm_task_container_id: "c1",
    __meta_dockerswarm_container_label_a_b: "c",
  };

  it("finds ports at the node, and the service's ports in each network", async () => {
    expect(await targetsOf("tasks")).toEqual([
      { ...common, __address__: "192.0.2.1:9100", __meta_dockerswarm_task_port_publish_mode: "host" },
      {
        ...common,
        ...NETWORK_LABELS,
        __address__: "10.0.0.7:8080",
        __meta_dockerswarm_task_port_publish_mode: "ingress",
      },
    ]);
  });

  it("takes the configured port for a task of a service that is not known", async () => {
    const task = { ...TASK, ServiceID: "gone", NodeID: "gone", Status: { State: "running" }, Spec: {} };
    expect(await targetsOf("tasks", { "/tasks": [task] })).toEqual([
      {
        ...NETWORK_LABELS,
        __address__: "10.0.0.7:80",
        __meta_dockerswarm_task_id: "task1",
        __meta_dockerswarm_task_desired_state: "running",
        __meta_dockerswarm_task_state: "running",
        __meta_dockerswarm_task_slot: "2",
      },
    ]);
  });

  it("filters tasks, and nothing that they refer to", async () => {
    const { server } = await begin(routed(ROUTES), { filters: [{ name: "service", values: ["web"] }] });
    const filters = encodeURIComponent('{"service":{"web":true}}');
    expect(server.requests.map(({ url }) => url)).toEqual([
      `/tasks?filters=${filters}`,
      "/services",
      "/nodes",
      "/networks",
    ]);
  });
});
