import type { ServerResponse } from "node:http";

import { json, type SeenRequest, type TestServer, type TestServers } from "./http-servers.ts";

/** A held query. */
interface Held {
  readonly request: SeenRequest;
  readonly response: ServerResponse;
}

/**
 * Consul's HTTP API as far as discovery uses it: each path has an index of its own that grows with each change, and a
 * query with the current index is held until there is another one.
 */
export class ConsulServer {
  readonly server: TestServer;
  readonly #answers = new Map<string, { index: number; value: unknown; status: number }>();
  #held: Held[] = [];

  static async start(servers: TestServers, prefix = ""): Promise<ConsulServer> {
    const late: { server?: ConsulServer } = {};
    const http = await servers.start((request, response) => late.server?.answer(request, response));
    late.server = new ConsulServer(http, prefix);
    return late.server;
  }

  readonly #prefix: string;

  private constructor(server: TestServer, prefix: string) {
    this.server = server;
    this.#prefix = prefix;
    this.set("/v1/agent/self", { Config: { Datacenter: "dc1", NodeName: "agent" } });
  }

  /** Changes what a path answers, and lets held queries go. */
  set(path: string, value: unknown, status = 200): void {
    this.#answers.set(path, { index: (this.#answers.get(path)?.index ?? 0) + 1, value, status });
    this.release();
  }

  /** Lets all held queries go, as when their time is over: answered with what is known. */
  release(): void {
    for (const { request, response } of this.#held.splice(0)) this.#reply(request, response);
  }

  /** Paths of held queries. */
  get held(): readonly string[] {
    return this.#held.map(({ request }) => request.url.split("?")[0] ?? "");
  }

  answer(request: SeenRequest, response: ServerResponse): void {
    const url = new URL(request.url, this.server.url);
    const known = this.#answers.get(url.pathname.slice(this.#prefix.length));
    if (known?.status === 200 && url.searchParams.get("index") === String(known.index)) {
      this.#held.push({ request, response });
      response.on("close", () => (this.#held = this.#held.filter((held) => held.response !== response)));
      return;
    }
    this.#reply(request, response);
  }

  #reply(request: SeenRequest, response: ServerResponse): void {
    const path = new URL(request.url, this.server.url).pathname.slice(this.#prefix.length);
    const known = this.#answers.get(path) ?? { index: 0, value: [], status: 404 };
    response.setHeader("x-consul-index", String(known.index));
    json(known.value, known.status)(request, response);
  }
}
