import { request } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { createProfilingApp } from "../../src/http/profiling-app.ts";
import { Profiler } from "../../src/observability/profiler.ts";
import { MemoryLogger } from "../support/memory-logger.ts";
import { type ServedApp, serveApp } from "../support/served-app.ts";

// A snapshot of the whole test process is taken here.
jest.setTimeout(120_000);

let app: ServedApp;
let stopping: AbortController;
let profiler: Profiler;

beforeEach(async () => {
  stopping = new AbortController();
  profiler = new Profiler();
  app = await serveApp(createProfilingApp({ profiler, log: new MemoryLogger(), stopping: stopping.signal }));
});

afterEach(async () => {
  stopping.abort();
  await app.stop();
});

describe("profiles", () => {
  it("are listed, with what opens them", async () => {
    expect(await (await fetch(`${app.url}/debug/pprof/`)).text()).toContain("/debug/pprof/heap");
  });

  it("show where time goes", async () => {
    const response = await fetch(`${app.url}/debug/pprof/profile?seconds=0.05`);
    expect(response.headers.get("content-disposition")).toMatch(/\.cpuprofile$/);
    const profile = (await response.json()) as { readonly nodes: readonly unknown[] };
    expect(profile.nodes.length).toBeGreaterThan(0);
  });

  it("show what is in memory", async () => {
    const response = await fetch(`${app.url}/debug/pprof/heap`);
    expect(response.headers.get("content-disposition")).toMatch(/\.heapsnapshot$/);
    const first = await response.body?.getReader().read();
    expect(new TextDecoder().decode(first?.value as Uint8Array).slice(0, 20)).toContain('"snapshot"');
  });

  it.each(["0", "-1", "301", "soon"])("are not taken for %s seconds", async (seconds) => {
    const response = await fetch(`${app.url}/debug/pprof/profile?seconds=${seconds}`);
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("up to 300")]);
  });

  it("are taken one at a time, and end when the reader goes away", async () => {
    const reader = new AbortController();
    const long = fetch(`${app.url}/debug/pprof/profile?seconds=300`, { signal: reader.signal });
    const second = async (): Promise<number> => (await fetch(`${app.url}/debug/pprof/profile?seconds=0.01`)).status;
    while ((await second()) !== 503);
    reader.abort();
    await expect(long).rejects.toThrow("aborted");
    while ((await second()) !== 200);
  });

  it("end when the process stops", async () => {
    const long = fetch(`${app.url}/debug/pprof/profile?seconds=300`);
    while ((await fetch(`${app.url}/debug/pprof/profile?seconds=0.01`)).status !== 503);
    stopping.abort();
    expect((await long).status).toBe(200);
  });

  it("are not for a page that makes another name lead here", async () => {
    const answer = await new Promise<[number | undefined, string]>((resolve, reject) => {
      const sent = request(`${app.url}/debug/pprof/`, { headers: { host: "evil.example.com" } }, (response) => {
        void text(response).then((body) => resolve([response.statusCode, body]), reject);
      });
      sent.on("error", reject).end();
    });
    expect(answer).toEqual([403, expect.stringContaining("for this machine only")]);
  });
});
