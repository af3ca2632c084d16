import { afterEach, describe, expect, it } from "@jest/globals";
import { createMetricsApp, type Refusal } from "../../src/http/metrics-app.ts";
import { MemoryLogger } from "../support/memory-logger.ts";
import { type ServedApp, serveApp } from "../support/served-app.ts";

const EXPOSITION = { contentType: "text/plain; version=0.0.4", text: async () => "up 1\n" };

let app: ServedApp;

afterEach(async () => app.stop());

async function serve(guard?: (token: string | undefined) => Promise<Refusal | undefined>): Promise<void> {
  const log = new MemoryLogger();
  app = await serveApp(createMetricsApp({ exposition: EXPOSITION, log, ...(guard === undefined ? {} : { guard }) }));
}

async function get(path = "/metrics", authorization?: string): Promise<Response> {
  return fetch(`${app.url}${path}`, authorization === undefined ? {} : { headers: { authorization } });
}

describe("createMetricsApp", () => {
  it("serves metrics to everybody where nobody guards them", async () => {
    await serve();
    const response = await get();
    expect([response.status, await response.text()]).toEqual([200, "up 1\n"]);
    expect(response.headers.get("content-type")).toContain("version=0.0.4");
  });

  it("serves nothing else", async () => {
    await serve();
    expect((await get("/")).status).toBe(404);
  });

  it.each<{ name: string; authorization?: string; want: string | undefined }>([
    { name: "the token of a request", authorization: "Bearer abc.def", want: "abc.def" },
    { name: "a token, however the scheme is written", authorization: "bearer  abc", want: "abc" },
    { name: "none of a request without", want: undefined },
    { name: "none of another scheme", authorization: "Basic YTpi", want: undefined },
    { name: "none that is empty", authorization: "Bearer ", want: undefined },
  ])("hands the guard $name", async ({ authorization, want }) => {
    const seen: (string | undefined)[] = [];
    await serve(async (token) => void seen.push(token));
    expect((await get("/metrics", authorization)).status).toBe(200);
    expect(seen).toEqual([want]);
  });

  it.each([401, 403, 503] as const)("answers %i as the guard says, and shows nothing", async (status) => {
    await serve(async () => ({ status, message: "not you" }));
    const response = await get();
    expect([response.status, await response.text()]).toEqual([status, '"not you"\n']);
    expect(response.headers.get("www-authenticate")).toBe(status === 401 ? "Bearer" : null);
  });
});
