import type { ServerOptions } from "node:https";

import { describe, expect, it } from "@jest/globals";

import type { DataObject } from "../../src/allocator/index.ts";
import { createPollingDiscoverer, type PolledMechanism } from "../../src/discovery/polling-discoverer.ts";
import { type DiscoveryStage, discoveryStages } from "./discovery-stage.ts";
import { type Answer, json, type TestServer, TestServers } from "./http-servers.ts";
import { type PlainGroup, toPlain } from "./label-groups.ts";

/** A server's answers by path, without the query. A function sees the query too. */
export type Routes = Readonly<Record<string, unknown>>;

/** What differs between mechanisms. */
export interface PolledMechanismCase {
  readonly mechanism: PolledMechanism | ((server: TestServer) => PolledMechanism);
  /** Settings for a server, `refresh_interval` of one minute included already. */
  readonly settings: (server: TestServer) => DataObject;
  /** Answers with at least one target. */
  readonly routes: Routes;
  /** @default plain HTTP */
  readonly tls?: ServerOptions;
  /** How an answer that is no answer of this kind looks. @default what is no JSON */
  readonly nonsense?: { readonly text: string; readonly says: string };
}

/** An answer that depends on the query. */
export class QueryRoute {
  readonly answer: (url: URL) => unknown;

  constructor(answer: (url: URL) => unknown) {
    this.answer = answer;
  }
}

/** Answers by path; 404 for the others. */
export function routed(routes: Routes): Answer {
  return (request, response) => {
    const url = new URL(request.url, "http://server");
    const route = routes[url.pathname];
    const value = route instanceof QueryRoute ? route.answer(url) : route;
    if (typeof value === "function") (value as Answer)(request, response);
    else json(value ?? { message: "not here" }, value === undefined ? 404 : 200)(request, response);
  };
}

/** A server and a discoverer that asks it, which stops with the test. */
export interface PolledStage {
  readonly server: TestServer;
  readonly stage: DiscoveryStage;
  /** What the first look found. */
  readonly groups: readonly PlainGroup[];
}

/** Registers hooks: to be called where tests are defined. */
export function polledStages(
  kind: Pick<PolledMechanismCase, "mechanism" | "settings" | "tls">,
): (answer: Answer, settings?: DataObject) => Promise<PolledStage> {
  const servers = new TestServers();
  const start = discoveryStages();
  return async (answer, settings = {}) => {
    const server = await servers.start(answer, kind.tls);
    const mechanism = typeof kind.mechanism === "function" ? kind.mechanism(server) : kind.mechanism;
    const raw = { refresh_interval: "1m", port: 80, follow_redirects: true, ...kind.settings(server), ...settings };
    const stage = start((surroundings) => createPollingDiscoverer(mechanism, raw, surroundings));
    await stage.looked(1);
    return { server, stage, groups: (stage.sink.updates[0] ?? []).map(toPlain) };
  };
}

/** What every mechanism promises that looks again and again over HTTP. */
export function describePolledMechanism(name: string, kind: PolledMechanismCase): void {
  const begin = polledStages(kind);

  /** What answers at first, and something else from then on. */
  function changing(): { current: Answer; readonly answer: Answer } {
    const state = {
      current: routed(kind.routes),
      answer: ((request, response) => state.current(request, response)) satisfies Answer,
    };
    return state;
  }

  describe(`${name}, as everything that looks again and again`, () => {
    const nonsense = kind.nonsense ?? { text: "{", says: "the answer is no JSON" };

    it.each<{ what: string; answer: Answer; says: string }>([
      { what: "refuses", answer: json({ message: "denied" }, 403), says: "HTTP 403 Forbidden" },
      {
        what: "answers nonsense",
        answer: (_, response) => response.writeHead(200, { "content-type": "application/json" }).end(nonsense.text),
        says: nonsense.says,
      },
      { what: "cuts the connection", answer: (_, response) => response.destroy(), says: "the connection was cut" },
    ])("keeps what it knows when the server $what, says so, and recovers", async ({ answer, says }) => {
      const state = changing();
      const { stage, server } = await begin(state.answer);
      expect(stage.sink.failing).toBeUndefined();
      const known = [...stage.sink.groups.keys()];
      expect(known).not.toEqual([]);
      state.current = answer;
      await stage.clock.advance(60_000);
      await stage.looked(2);
      expect([stage.sink.updates.length, [...stage.sink.groups.keys()]]).toEqual([1, known]);
      expect(stage.sink.failing).toMatch(new RegExp(`(GET|POST) https?://(${new URL(server.url).host}|localhost)/`));
      expect(stage.sink.failing).toContain(says);
      state.current = routed(kind.routes);
      await stage.clock.advance(60_000);
      await stage.looked(3);
      expect(stage.sink.failing).toBeUndefined();
    });

    it("never says that there is nothing when its first look fails", async () => {
      const { stage } = await begin(json({}, 500));
      expect(stage.sink.updates).toEqual([]);
      expect(stage.sink.failing).toContain("HTTP 500");
    });

    it("leaves no timer when it is stopped", async () => {
      const { stage } = await begin(routed(kind.routes));
      await stage.stop();
      expect(stage.clock.pending).toBe(0);
    });
  });
}
