import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { requireDefinition } from "../../../src/commands/operator/missing-definition.ts";
import type { KubeClient } from "../../../src/kube/client.ts";
import { toKubeError } from "../../../src/kube/errors.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

let clock: FakeClock;
let stop: AbortController;
let looks: number;
let outcome: unknown;

beforeEach(() => {
  clock = new FakeClock();
  stop = new AbortController();
  looks = 0;
  outcome = "running";
});

afterEach(() => stop.abort());

/** Statuses of the answers, the last one again and again; 200 is a list. */
async function start(...statuses: readonly number[]): Promise<void> {
  const client = {
    async list() {
      const status = statuses[Math.min(looks, statuses.length - 1)] ?? 200;
      looks += 1;
      if (status === 200) return [];
      throw toKubeError("listing opentelemetrycollectors", { status, reason: "" });
    },
  } as unknown as KubeClient;
  const type = RESOURCES.OpenTelemetryCollector;
  requireDefinition({ client, clock, type, namespace: "otel" })(stop.signal).then(
    () => (outcome = "ended"),
    (error: unknown) => (outcome = error),
  );
  await settle();
  for (let i = 0; i < 5; i += 1) await clock.advance(2_000);
}

describe("requireDefinition", () => {
  it("fails, with what to install, when the kind stays unknown", async () => {
    await start(404);
    expect(outcome).toMatchObject({
      code: "DEFINITION_MISSING",
      message:
        "the API server does not know OpenTelemetryCollector: install the CustomResourceDefinition " +
        "opentelemetrycollectors.opentelemetry.io (config/crd), or wait for it with --ignore-missing-collector-crds",
    });
    expect(looks).toBe(3);
  });

  it.each([
    { name: "the kind is known", statuses: [200], want: 1 },
    { name: "the kind becomes known a little later", statuses: [404, 404, 200], want: 3 },
    { name: "the account may not list it", statuses: [403], want: 1 },
    { name: "the server does not answer", statuses: [0], want: 1 },
  ])("goes on when $name", async ({ statuses, want }) => {
    await start(...statuses);
    expect([outcome, looks]).toEqual(["running", want]);
    stop.abort();
    await settle();
    expect(outcome).toBe("ended");
  });
});
