import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "@jest/globals";

import { marathon } from "../../../src/discovery/marathon/marathon.ts";
import { describePolledMechanism, polledStages, routed } from "../../support/polled-mechanism-suite.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const TASK = { id: "web.1", host: "mesos-1", ports: [31000, 31001], ipAddresses: [{ ipAddress: "9.0.0.1" }] };
const APP = {
  id: "/shop/web",
  labels: { "team.x": "shop" },
  container: {
    docker: { image: "web:1" },
    portMappings: [
      { containerPort: 8080, hostPort: 0, labels: { "metrics-path": "/m" } },
      { containerPort: 9090, hostPort: 31999 },
    ],
  },
  tasks: [TASK],
};
const ROUTES = { "/v2/apps/": { apps: [APP] } };
const kind = {
  mechanism: marathon,
  settings: ({ url }: { url: string }) => ({ servers: [url] }),
  routes: ROUTES,
};
const begin = polledStages(kind);
const makeDirectory = temporaryDirectories();

describePolledMechanism("marathon_sd_configs", kind);

describe("marathon_sd_configs", () => {
  it("finds each port of each task, by app", async () => {
    const { groups, server } = await begin(routed(ROUTES));
    expect(groups).toEqual([
      {
        source: "/shop/web",
        labels: {
          __meta_marathon_app: "/shop/web",
          __meta_marathon_image: "web:1",
          __meta_marathon_app_label_team_x: "shop",
        },
        targets: [
          {
            __address__: "mesos-1:31000",
            __meta_marathon_task: "web.1",
            __meta_marathon_port_index: "0",
            __meta_marathon_port_mapping_label_metrics_path: "/m",
          },
          { __address__: "mesos-1:31999", __meta_marathon_task: "web.1", __meta_marathon_port_index: "1" },
        ],
      },
    ]);
    expect(server.requests[0]?.url).toBe("/v2/apps/?embed=apps.tasks");
  });

  it.each<{ name: string; app: object; addresses: readonly string[] }>([
    {
      name: "container ports at a task's own address in a container network",
      app: { ...APP, networks: [{ mode: "container", name: "dcos" }] },
      addresses: ["9.0.0.1:8080", "9.0.0.1:9090"],
    },
    {
      name: "mappings where Marathon had them before 1.5",
      app: { ...APP, container: { docker: { portMappings: [{ hostPort: 0 }, { hostPort: 0 }] } } },
      addresses: ["mesos-1:31000", "mesos-1:31001"],
    },
    {
      name: "definitions of ports that are required",
      app: { ...APP, container: null, requirePorts: true, portDefinitions: [{ port: 8080 }, { port: 8081 }] },
      addresses: ["mesos-1:8080", "mesos-1:8081"],
    },
    {
      name: "definitions of ports that are not",
      app: { ...APP, container: null, portDefinitions: [{ port: 10000 }, { port: 10001 }] },
      addresses: ["mesos-1:31000", "mesos-1:31001"],
    },
    {
      name: "each task's own ports where the app says none",
      app: { ...APP, container: null, tasks: [TASK, { id: "web.2", host: "fd00::2", ports: [32000] }] },
      addresses: ["mesos-1:31000", "mesos-1:31001", "[fd00::2]:32000"],
    },
    {
      name: "nothing without any ports",
      app: { ...APP, container: null, tasks: [{ id: "w", host: "h" }] },
      addresses: [],
    },
    { name: "nothing without tasks", app: { ...APP, tasks: [] }, addresses: [] },
  ])("takes $name", async ({ app, addresses }) => {
    const { groups } = await begin(routed({ "/v2/apps/": { apps: [app] } }));
    expect(groups.flatMap(({ targets }) => targets.map(({ __address__ }) => __address__))).toEqual(addresses);
  });

  it("labels targets with what definitions say", async () => {
    const app = { ...APP, container: null, portDefinitions: [{ port: 1, labels: { "a-b": "c" } }, { port: 2 }] };
    const { groups } = await begin(routed({ "/v2/apps/": { apps: [app] } }));
    expect(groups[0]?.targets[0]).toHaveProperty("__meta_marathon_port_definition_label_a_b", "c");
  });

  it("forgets apps that are gone", async () => {
    const state = { apps: [APP, { ...APP, id: "/shop/api" }] };
    const { stage } = await begin((request, response) => routed({ "/v2/apps/": { ...state } })(request, response));
    expect([...stage.sink.groups.keys()]).toEqual(["/shop/web", "/shop/api"]);
    state.apps = [APP];
    await stage.clock.advance(60_000);
    await stage.looked(2);
    expect([...stage.sink.groups.keys()]).toEqual(["/shop/web"]);
  });

  it("sends a token as DC/OS wants it, and reads its file anew each time", async () => {
    const file = join(makeDirectory(), "token");
    writeFileSync(file, "one\n");
    const { server, stage } = await begin(routed(ROUTES), { auth_token_file: file });
    writeFileSync(file, "two\n");
    await stage.clock.advance(60_000);
    await stage.looked(2);
    const inline = await begin(routed(ROUTES), { auth_token: "three" });
    const sent = [...server.requests, ...inline.server.requests].map(({ headers }) => headers.authorization);
    expect(sent).toEqual(["token=one", "token=two", "token=three"]);
  });
});
