import { rmSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "@jest/globals";

import { docker } from "../../../src/discovery/docker/docker.ts";
import { createPollingDiscoverer } from "../../../src/discovery/polling-discoverer.ts";
import { discoveryStages } from "../../support/discovery-stage.ts";
import { describePolledMechanism, polledStages, routed } from "../../support/polled-mechanism-suite.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const SETTINGS = { host_networking_host: "localhost", match_first_network: true, filters: [] };

const NETWORKS = [
  { Id: "n1", Name: "front", Scope: "local", Internal: false, Ingress: false, Labels: { "com.x": "y" } },
  { Id: "n2", Name: "back", Scope: "local", Internal: true, Ingress: false, Labels: null },
];

function container(id: string, overrides: object = {}): object {
  return {
    Id: id,
    Names: [`/${id}`],
    Image: "web:1",
    Labels: { "team.name": "shop" },
    HostConfig: { NetworkMode: "front" },
    NetworkSettings: { Networks: { front: { NetworkID: "n1", IPAddress: "172.17.0.2", GlobalIPv6Address: "" } } },
    Ports: [],
    ...overrides,
  };
}

const FRONT = {
  __meta_docker_network_id: "n1",
  __meta_docker_network_name: "front",
  __meta_docker_network_scope: "local",
  __meta_docker_network_internal: "false",
  __meta_docker_network_ingress: "false",
  __meta_docker_network_label_com_x: "y",
  __meta_docker_network_ip: "172.17.0.2",
};

const kind = {
  mechanism: docker,
  settings: ({ url }: { url: string }) => ({ ...SETTINGS, host: url }),
  routes: { "/containers/json": [container("web")], "/networks": NETWORKS },
};
const begin = polledStages(kind);
const start = discoveryStages();
const makeDirectory = temporaryDirectories();

describePolledMechanism("docker_sd_configs", kind);

/** The targets of some containers, in order. */
async function targetsOf(containers: readonly object[], settings = {}): Promise<readonly Record<string, string>[]> {
  const { groups } = await begin(routed({ ...kind.routes, "/containers/json": containers }), settings);
  expect(groups.map(({ source, labels }) => [source, labels])).toEqual([["Docker", {}]]);
  return groups.flatMap(({ targets }) => targets);
}

describe("docker_sd_configs", () => {
  it("makes a target of each TCP port", async () => {
    const ports = [
      { PrivatePort: 8080, PublicPort: 32768, IP: "0.0.0.0", Type: "tcp" },
      { PrivatePort: 9090, Type: "tcp" },
      { PrivatePort: 53, Type: "udp" },
    ];
    const common = {
      ...FRONT,
      __meta_docker_container_id: "web",
      __meta_docker_container_name: "/web",
      __meta_docker_container_network_mode: "front",
      __meta_docker_container_label_team_name: "shop",
    };
    expect(await targetsOf([container("web", { Ports: ports })])).toEqual([
      {
        ...common,
        __address__: "172.17.0.2:8080",
        __meta_docker_port_private: "8080",
        __meta_docker_port_public: "32768",
        __meta_docker_port_public_ip: "0.0.0.0",
      },
      { ...common, __address__: "172.17.0.2:9090", __meta_docker_port_private: "9090" },
    ]);
  });

  const BOTH = {
    NetworkSettings: {
      Networks: {
        front: { NetworkID: "n1", IPAddress: "172.17.0.2" },
        back: { NetworkID: "n2", IPAddress: "", GlobalIPv6Address: "fd00::2" },
        gone: null,
      },
    },
  };
  const SHARED = { HostConfig: { NetworkMode: "container:web" }, NetworkSettings: { Networks: {} } };

  it.each<{ name: string; containers: readonly object[]; settings?: object; addresses: readonly string[] }>([
    { name: "a container without TCP ports", containers: [container("web")], addresses: ["172.17.0.2:80"] },
    {
      name: "another configured port",
      containers: [container("web")],
      settings: { port: 9100 },
      addresses: ["172.17.0.2:9100"],
    },
    {
      name: "a container in the network of the host",
      containers: [
        container("web", {
          HostConfig: { NetworkMode: "host" },
          NetworkSettings: { Networks: { host: { NetworkID: "h", IPAddress: "" } } },
        }),
      ],
      settings: { host_networking_host: "node-1" },
      addresses: ["node-1"],
    },
    { name: "the first network by name", containers: [container("web", BOTH)], addresses: ["[fd00::2]:80"] },
    {
      name: "all networks",
      containers: [container("web", BOTH)],
      settings: { match_first_network: false },
      addresses: ["[fd00::2]:80", "172.17.0.2:80"],
    },
    {
      name: "a container in the network of another one",
      containers: [container("web"), container("side", SHARED)],
      addresses: ["172.17.0.2:80", "172.17.0.2:80"],
    },
    {
      name: "a container in the network of one that is not listed",
      containers: [container("side", SHARED)],
      addresses: [],
    },
    {
      name: "containers in each other's network",
      containers: [
        container("web", { ...SHARED, HostConfig: { NetworkMode: "container:side" } }),
        container("side", SHARED),
      ],
      addresses: [],
    },
    { name: "a container without a name", containers: [container("web", { Names: [] })], addresses: [] },
  ])("$name", async ({ containers, settings, addresses }) => {
    const targets = await targetsOf(containers, settings);
    expect(targets.map(({ __address__ }) => __address__)).toEqual(addresses);
  });

  it("asks for what the filters let through", async () => {
    const filters = [
      { name: "label", values: ["a", "b"] },
      { name: "label", values: ["c"] },
      { name: "status", values: ["running"] },
    ];
    const { server } = await begin(routed(kind.routes), { filters });
    const [first] = server.requests;
    expect(JSON.parse(new URL(first?.url ?? "", server.url).searchParams.get("filters") ?? "")).toEqual({
      label: { a: true, b: true, c: true },
      status: { running: true },
    });
    expect(server.requests.map(({ url }) => url.split("?")[0])).toEqual(["/containers/json", "/networks"]);
  });

  it("identifies itself over http, and not over tcp, as Docker's own client does", async () => {
    const basic_auth = { username: "u", password: "p" };
    const authorized = await begin(routed(kind.routes), { basic_auth });
    expect(authorized.server.requests[0]?.headers.authorization).toBe("Basic dTpw");
    const host = authorized.server.url.replace("http:", "tcp:");
    const stage = start((surroundings) =>
      createPollingDiscoverer(
        docker,
        { ...SETTINGS, refresh_interval: "1m", port: 80, basic_auth, host },
        surroundings,
      ),
    );
    await stage.looked(1);
    expect([...stage.sink.groups.keys()]).toEqual(["Docker"]);
    expect(authorized.server.requests.at(-1)?.headers.authorization).toBeUndefined();
  });
});

describe("host", () => {
  const settings = (host: string): object => ({ ...SETTINGS, refresh_interval: "1m", port: 80, host });
  const closing: (() => void)[] = [];
  afterEach(() => closing.splice(0).forEach((close) => close()));

  it("can be a Unix socket, which failures name", async () => {
    const path = join(makeDirectory(), "docker.sock");
    const server = createServer((request, response) =>
      routed(kind.routes)({ method: "GET", url: request.url ?? "", headers: request.headers, body: "" }, response),
    );
    closing.push(() => server.close());
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const stage = start((surroundings) =>
      createPollingDiscoverer(docker, { ...settings(`unix://${path}`) }, surroundings),
    );
    await stage.looked(1);
    expect(stage.sink.failing).toBeUndefined();
    expect([...stage.sink.groups.keys()]).toEqual(["Docker"]);
    server.closeAllConnections();
    rmSync(path);
    await stage.clock.advance(60_000);
    await stage.looked(2);
    expect(stage.sink.failing).toBe(
      `GET http://localhost/containers/json through the socket ${path}: there is no such socket; ` +
        "check that the server runs here, and that its socket is mounted (ENOENT)",
    );
  });

  it("is no Unix socket where files of this machine are refused", () => {
    const create = (): unknown =>
      start((surroundings) =>
        createPollingDiscoverer(
          docker,
          { ...settings("unix:///run/docker.sock") },
          { ...surroundings, noFiles: "not here" },
        ),
      );
    expect(create).toThrow("docker_sd_configs: host /run/docker.sock: not here");
  });

  it.each(["npipe:////./pipe/docker", "docker.example.com", "ftp://docker"])("%s cannot be asked", (host) => {
    expect(() => start((surroundings) => createPollingDiscoverer(docker, { ...settings(host) }, surroundings))).toThrow(
      `docker_sd_configs: host ${host} must begin with unix://, tcp://, http:// or https://`,
    );
  });
});
