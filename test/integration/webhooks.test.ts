import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

import type { KubeObject } from "../../src/api/meta.ts";
import { ensurePart } from "../../tools/real-parts/build.ts";
import { freePorts } from "../../tools/real-parts/child.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { START_TIMEOUT_MS } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { type OperatorProgram, OperatorStage } from "../support/operator-stage.ts";
import { installWebhooks, untilTrusted } from "../support/webhook-stage.ts";

const BUILD_TIMEOUT_MS = 20 * 60_000;
const STEP_TIMEOUT_MS = 180_000;
const WITHIN = { withinMs: 60_000, everyMs: 200 };
const V1BETA1 = "opentelemetrycollectors.v1beta1.opentelemetry.io";
const SEED = readFileSync(join(ROOT, "test/api/opentelemetry/testdata/seed-v1alpha1.yaml"), "utf8").replace(
  "namespace: monitoring",
  "namespace: shop",
);

const serving = (port: number): readonly string[] => [
  "--enable-webhooks",
  `--webhook-port=${port}`,
  "--webhook-hosts=127.0.0.1",
];

let stage: OperatorStage;
let port: number;
let operator: OperatorProgram;

beforeAll(async () => {
  for (const part of ["helm", "kubectl"] as const) await ensurePart(part, () => undefined);
  stage = await OperatorStage.start();
  [port = 0] = await freePorts(1);
  await installWebhooks(stage.plane, port);
  operator = await stage.startOperator("operator", serving(port));
  await operator.ready();
  await untilTrusted(stage.plane);
  await eventually(
    async () => stage.kubectl(["create", "--dry-run=server", "-f", "-"], text(minimal("first"))),
    WITHIN,
  );
}, BUILD_TIMEOUT_MS);

afterAll(async () => stage.stop(), START_TIMEOUT_MS);

const text = (object: unknown): string => JSON.stringify(object);

const CONFIG = {
  receivers: { otlp: { protocols: { grpc: {} } } },
  exporters: { debug: {} },
  service: { pipelines: { metrics: { receivers: ["otlp"], exporters: ["debug"] } } },
};

function minimal(name: string, spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  const metadata = { name, namespace: "shop" };
  const object = { apiVersion: "opentelemetry.io/v1beta1", kind: "OpenTelemetryCollector", metadata };
  return { ...object, spec: { config: CONFIG, ...spec } } as KubeObject;
}

it(
  "an example of v1alpha1 works by kubectl apply, and is stored in v1beta1 with its configuration and defaults",
  async () => {
    await stage.kubectl(["apply", "-f", "-"], SEED);
    const { metadata } = parse(SEED) as KubeObject;
    const stored = await stage.get(V1BETA1, metadata.name);
    expect(stored).toHaveProperty(
      "spec.config.receivers.prometheus.config.scrape_configs.0.job_name",
      "otel-collector",
    );
    expect(stored).toHaveProperty("spec.config.service.telemetry.metrics.readers");
    const shown = await stage.get("opentelemetrycollectors.v1alpha1.opentelemetry.io", metadata.name);
    expect(shown).toHaveProperty("spec.config", expect.stringContaining("job_name: otel-collector"));
    await stage.kubectl(["apply", "-f", "-"], SEED);
    const again = await stage.get(V1BETA1, metadata.name);
    expect(again.metadata.generation).toBe(stored.metadata.generation);
  },
  STEP_TIMEOUT_MS,
);
