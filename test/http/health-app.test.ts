import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { createHealthApp } from "../../src/http/health-app.ts";
import { type ServedApp, serveApp } from "../support/served-app.ts";

const stopping = new AbortController();
let stuck: string[] = [];
let missing: string[] = [];
let app: ServedApp;

beforeAll(async () => {
  app = await serveApp(createHealthApp({ stuck: () => stuck, waitingFor: () => missing, stopping: stopping.signal }));
});

afterAll(async () => {
  await app.stop();
});

const probe = async (path: string): Promise<[number, string]> => {
  const response = await fetch(app.url + path);
  return [response.status, await response.text()];
};

it("answers probes and nothing else", async () => {
  expect(await probe("/livez")).toEqual([200, ""]);
  expect(await probe("/healthz")).toEqual([200, ""]);
  expect(await probe("/readyz")).toEqual([200, ""]);
  expect(await probe("/metrics")).toEqual([404, "404 page not found"]);
});

it("says what is missing", async () => {
  missing = ["waiting for caches: pods"];
  expect(await probe("/readyz")).toEqual([503, "not ready:\n- waiting for caches: pods\n"]);
  expect(await probe("/livez")).toEqual([200, ""]);
  missing = [];
});

it("says why only a restart can help", async () => {
  stuck = ["leadership lost 20 s ago"];
  expect(await probe("/healthz")).toEqual([503, "not alive:\n- leadership lost 20 s ago\n"]);
  stuck = [];
});

it("is not ready once it stops, and alive until the end", async () => {
  stopping.abort();
  expect(await probe("/readyz")).toEqual([503, "not ready:\n- the process is shutting down\n"]);
  expect(await probe("/livez")).toEqual([200, ""]);
});
