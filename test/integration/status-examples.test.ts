import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { join } from "node:path";
import { systemClock } from "../../src/observability/system-clock.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { lifeConfig } from "../support/field-changes.ts";
import { START_TIMEOUT_MS } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { expectGolden } from "../support/golden-file.ts";
import { toDescription, toTable } from "../support/kubectl-text.ts";
import { MortalOperator } from "../support/mortal-operator.ts";
import { OperatorStage } from "../support/operator-stage.ts";

const PAGE = join(ROOT, "docs", "examples-of-status.md");
const STEP_TIMEOUT_MS = 240_000;
/** An outage of two minutes is alarming; nobody waits for it here. */
const LATER_MS = 180_000;
const later = { ...systemClock, now: () => systemClock.now() + LATER_MS };

interface Example {
  readonly name: string;
  /** What is wrong, for readers. */
  readonly title: string;
  /** The reason of Degraded. */
  readonly reason: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

const withAllocator = (config: unknown): Readonly<Record<string, unknown>> => ({
  mode: "statefulset",
  replicas: 2,
  targetAllocator: { enabled: true },
  config,
});
const BAD_JOB = {
  job_name: "bad",
  static_configs: [{ targets: ["10.0.0.9:80"] }],
  relabel_configs: [{ action: "kepp" }],
};

const EXAMPLES: readonly Example[] = [
  { name: "healthy", title: "All is well", reason: "AsExpected", spec: withAllocator(lifeConfig("shop", "bar")) },
  {
    name: "no-receiver",
    title: "The configuration cannot be run",
    reason: "ConfigInvalid",
    spec: withAllocator({
      receivers: { otlp: { protocols: { grpc: {} } } },
      exporters: { debug: {} },
      service: { pipelines: { metrics: { receivers: ["otlp"], exporters: ["debug"] } } },
    }),
  },
  {
    name: "never-ready",
    title: "Pods exist, and none of them gets ready",
    reason: "CollectorsNotReady",
    spec: { ...withAllocator(lifeConfig("shop")), nodeSelector: { disk: "faster-than-light" } },
  },
  {
    name: "name-taken",
    title: "An object that is needed belongs to something else",
    reason: "NameTaken",
    spec: { mode: "deployment", config: lifeConfig("shop") },
  },
  {
    name: "bad-job",
    title: "A scrape job cannot be served as it is written",
    reason: "AllocationProblems",
    spec: withAllocator(withJob(lifeConfig("shop"), BAD_JOB)),
  },
  {
    name: "no-allocator",
    title: "The target allocator that is named does not exist",
    reason: "AllocatorMissing",
    labels: { "opentelemetry.io/target-allocator": "nowhere" },
    spec: { mode: "statefulset", config: lifeConfig("shop") },
  },
];

function withJob(config: unknown, job: unknown): unknown {
  const text = JSON.stringify(config);
  return JSON.parse(text.replace('"scrape_configs":[', `"scrape_configs":[${JSON.stringify(job)},`));
}

let stage: OperatorStage;
let operator: MortalOperator | undefined;

beforeAll(async () => {
  stage = await OperatorStage.start({ controllerManager: true, scheduler: true, kwok: true });
  await stage.plane.kubectl(["create", "-f", "-"], NODE);
  await takeName();
  for (const { name, labels = {}, spec } of EXAMPLES) {
    const metadata = { name, namespace: "shop", labels };
    const object = { apiVersion: "opentelemetry.io/v1beta1", kind: "OpenTelemetryCollector", metadata, spec };
    await stage.plane.kubectl(["create", "-f", "-"], JSON.stringify(object));
  }
  const first = new MortalOperator(stage.plane.kubeconfigPath);
  await isDegradedAs("never-ready", "CollectorsStarting");
  await isDegradedAs("healthy", "AsExpected");
  const early = EXAMPLES.filter(({ reason }) => !["AsExpected", "CollectorsNotReady"].includes(reason));
  for (const { name, reason } of early) await isToldOf(name, reason);
  await first.kill();
  operator = new MortalOperator(stage.plane.kubeconfigPath, later);
}, 2 * START_TIMEOUT_MS);

afterAll(async () => {
  await operator?.kill();
  await stage.stop();
}, START_TIMEOUT_MS);

/** Until the condition says so. */
async function isDegradedAs(name: string, reason: string): Promise<void> {
  await eventually(
    async () => {
      const said = (await stage.degraded(name))?.reason;
      if (said !== reason) throw new Error(`${name} is ${said ?? "without a status"}, not ${reason}`);
    },
    { withinMs: 60_000 },
  );
}

/** Until there is an Event of it. */
async function isToldOf(name: string, reason: string): Promise<void> {
  await eventually(async () => {
    const events = await stage.eventsOf(name);
    if (!events.some((event) => event.reason === reason)) throw new Error(`${name} has no Event ${reason}`);
  });
}

/** What one of the collectors needs, in the hands of something else. */
async function takeName(): Promise<void> {
  await stage.kubectl(["create", "configmap", "somebody"]);
  const owner = await stage.get("configmap", "somebody");
  const ownerReferences = [
    { apiVersion: "v1", kind: "ConfigMap", name: "somebody", uid: owner.metadata.uid, controller: true },
  ];
  const metadata = { name: "name-taken-collector", namespace: "shop", ownerReferences };
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata };
  await stage.plane.kubectl(["create", "-f", "-"], JSON.stringify(account));
}

async function page(): Promise<string> {
  const table = toTable(await stage.kubectl(["get", "otelcol,targetallocator"]));
  const parts = await Promise.all(
    EXAMPLES.map(async ({ name, title }) => {
      const description = toDescription(await stage.kubectl(["describe", "otelcol", name]));
      return [`## ${title}`, "", "```text", `$ kubectl describe otelcol ${name}`, "…", description, "```", ""].join(
        "\n",
      );
    }),
  );
  const allocator = toDescription(await stage.kubectl(["describe", "targetallocator", "healthy"]));
  return [
    "# Examples of status",
    "",
    "<!-- Written by `UPDATE_GOLDEN=1 npm test -- test/integration/status-examples`: what kubectl prints for a real API server. -->",
    "",
    "What `kubectl` shows of a collector that is well and of five that are not. Times, ages and hashes are left out or made equal;",
    "of a description only status and Events are shown, without the Events of what was applied. All types and reasons are on",
    "[reference/conditions.md](reference/conditions.md).",
    "",
    "```text",
    "$ kubectl get otelcol,targetallocator",
    table,
    "```",
    "",
    "`-o wide` shows the images too.",
    "",
    ...parts,
    "## The allocator of a collector that is well",
    "",
    "```text",
    "$ kubectl describe targetallocator healthy",
    "…",
    allocator,
    "```",
    "",
  ].join("\n");
}

/** The page, when it has been the same for a while. */
async function settledPage(): Promise<string> {
  let before = "";
  return eventually(
    async () => {
      const now = await page();
      const same = now === before;
      before = now;
      expect(same).toBe(true);
      return now;
    },
    { everyMs: 3_000, withinMs: 90_000 },
  );
}

describe("docs/examples-of-status.md", () => {
  it(
    "shows what kubectl prints, each for its reason",
    async () => {
      for (const { name, reason } of EXAMPLES) await isDegradedAs(name, reason);
      await isToldOf("never-ready", "CollectorsNotReady");
      expectGolden(PAGE, await settledPage());
    },
    STEP_TIMEOUT_MS,
  );

  it("has a table that fits into a terminal", async () => {
    const lines = (await stage.kubectl(["get", "otelcol"])).split("\n");
    expect(Math.max(...lines.map((line) => line.trimEnd().length))).toBeLessThanOrEqual(120);
  });
});

const NODE = JSON.stringify({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "node-0", annotations: { "kwok.x-k8s.io/node": "fake" }, labels: {} },
});
