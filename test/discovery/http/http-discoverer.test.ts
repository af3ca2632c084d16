import { describe, expect, it } from "@jest/globals";

import type { DataObject } from "../../../src/allocator/index.ts";
import { createDiscoveryHttpClient } from "../../../src/discovery/http-client/http-client.ts";
import { HttpDiscoverer } from "../../../src/discovery/http/http-discoverer.ts";
import { readHttpSettings } from "../../../src/discovery/http/settings.ts";
import { type DiscoveryStage, discoveryStages } from "../../support/discovery-stage.ts";
import { eventually } from "../../support/eventually.ts";
import { type Answer, json, TestServers } from "../../support/http-servers.ts";
import { toPlain } from "../../support/label-groups.ts";

const servers = new TestServers();
const start = discoveryStages();

function stageFor(url: string, settings: DataObject = {}): DiscoveryStage {
  const raw = { url, refresh_interval: "1m", follow_redirects: true, ...settings };
  const { client, ...own } = readHttpSettings(raw);
  return start(
    (surroundings) =>
      new HttpDiscoverer({ settings: own, client: createDiscoveryHttpClient(client, surroundings), ...surroundings }),
  );
}

const GROUPS = [{ targets: ["a:1", "b:2"], labels: { team: "x", __meta_url: "mine" } }, { targets: ["c:3"] }];

/** An answer with this type and these groups. */
function typed(type: string): Answer {
  return (_, response) => response.writeHead(200, { "content-type": type }).end(JSON.stringify(GROUPS));
}

describe("http_sd_configs", () => {
  it("finds the groups that the server lists, with the URL as a label", async () => {
    const server = await servers.start(json(GROUPS));
    const url = `${server.url}/list?x=y`;
    const stage = stageFor(url);
    await stage.looked(1);
    expect(stage.sink.updates.map((groups) => groups.map(toPlain))).toEqual([
      [
        {
          source: `${url}:0`,
          labels: { __meta_url: url, team: "x" },
          targets: [{ __address__: "a:1" }, { __address__: "b:2" }],
        },
        { source: `${url}:1`, labels: { __meta_url: url }, targets: [{ __address__: "c:3" }] },
      ],
    ]);
  });

  it("says who asks, for what, and how often", async () => {
    const server = await servers.start(json([]));
    const stage = stageFor(server.url, {
      refresh_interval: "1m30s500ms",
      basic_auth: { username: "u", password: "p" },
    });
    await stage.looked(1);
    expect(server.requests[0]?.headers).toMatchObject({
      accept: "application/json",
      authorization: "Basic dTpw",
      "user-agent": "Prometheus/",
      "x-prometheus-refresh-interval-seconds": "90.5",
    });
    expect(stage.sink.updates).toEqual([[]]);
  });

  it("asks again at each interval, and empties groups that are not listed any more", async () => {
    const listed = { groups: GROUPS as readonly unknown[] | null };
    const server = await servers.start((request, response) => json(listed.groups)(request, response));
    const stage = stageFor(server.url);
    await stage.looked(1);
    listed.groups = [{ targets: ["d:4"] }];
    await stage.clock.advance(60_000);
    await stage.looked(2);
    listed.groups = null;
    await stage.clock.advance(60_000);
    await stage.looked(3);
    const counts = stage.sink.updates.map((groups) => groups.map(({ targets }) => targets.length));
    expect(counts).toEqual([[2, 1], [1, 0], [0]]);
  });

  it.each([
    { type: "application/json" },
    { type: " application/json " },
    { type: "Application/JSON" },
    { type: "application/json;charset=utf-8" },
    { type: "application/json; charset=utf-8" },
    { type: "application/json; charset=UTF-8" },
    { type: 'application/json;  charset="utf-8"' },
  ])("takes an answer of the type $type", async ({ type }) => {
    const stage = stageFor((await servers.start(typed(type))).url);
    await stage.looked(1);
    expect(stage.sink.failing).toBeUndefined();
  });

  it.each([
    { type: "text/plain" },
    { type: "application/jsonl" },
    { type: "application/json;charset=UTF-9" },
    { type: "application/json;charset=utf-8;" },
    { type: "application/json; charset = utf-8" },
    { type: "application/json;" },
    { type: 'application/json;charset="utf-8' },
  ])("refuses an answer of the type $type", async ({ type }) => {
    const server = await servers.start(typed(type));
    const stage = stageFor(server.url);
    await stage.looked(1);
    expect(stage.sink.updates).toEqual([]);
    expect(stage.sink.failing).toBe(
      `GET ${server.url}/: the answer's Content-Type must be application/json, not ${JSON.stringify(type)}`,
    );
  });

  it.each<{ name: string; answer: Answer; says: string }>([
    { name: "a failure", answer: json({ message: "down" }, 500), says: 'HTTP 500 Internal Server Error: "{' },
    { name: "another success", answer: json(GROUPS, 201), says: "HTTP 201 Created" },
    {
      name: "no list",
      answer: json({}),
      says: "the answer is no list of target groups: must be a list of target groups",
    },
    { name: "a null group", answer: json([null]), says: "[0] must be a group with targets and labels, not nothing" },
    { name: "an unknown key", answer: json([{ source: "x" }]), says: "[0].source is no key of a group" },
    {
      name: "broken JSON",
      answer: (_, response) => response.writeHead(200, { "content-type": "application/json" }).end('[{"targets":'),
      says: "the answer is no list of target groups: ",
    },
  ])("keeps what it knows when the server answers with $name, and says so", async ({ answer, says }) => {
    const current = { answer: json(GROUPS) };
    const server = await servers.start((request, response) => current.answer(request, response));
    const stage = stageFor(server.url);
    await stage.looked(1);
    current.answer = answer;
    await stage.clock.advance(60_000);
    await stage.looked(2);
    expect(stage.sink.updates).toHaveLength(1);
    expect(stage.sink.failing).toContain(`GET ${server.url}/: `);
    expect(stage.sink.failing).toContain(says);
    current.answer = json(GROUPS);
    await stage.clock.advance(60_000);
    await stage.looked(3);
    expect(stage.sink.failing).toBeUndefined();
  });

  it("gives up a server that does not answer within the interval", async () => {
    const server = await servers.start(() => undefined);
    const stage = stageFor(server.url);
    await eventually(() => expect(server.requests).toHaveLength(1), { everyMs: 5 });
    await stage.clock.advance(60_000);
    await stage.looked(1);
    expect(stage.sink.failing).toBe(`GET ${server.url}/: no complete answer within 60 s`);
  });

  it("ends a request under way when it is stopped, and leaves no timer", async () => {
    const server = await servers.start(() => undefined);
    const stage = stageFor(server.url);
    await eventually(() => expect(server.requests).toHaveLength(1), { everyMs: 5 });
    await stage.stop();
    expect([stage.clock.pending, stage.sink.updates, stage.sink.failures]).toEqual([0, [], []]);
  });
});
