import { afterEach, beforeEach, expect, it } from "@jest/globals";

import { CollectorStage, type ClusterBackend } from "../../support/collector-stage.ts";
import { receiving } from "../../support/collectors.ts";
import { eventually } from "../../support/eventually.ts";
import { inMemoryBackend } from "../../support/in-memory-backend.ts";

let backend: ClusterBackend;
let stage: CollectorStage;

beforeEach(async () => {
  backend = await inMemoryBackend();
  stage = new CollectorStage(backend, { disabledComponents: ["receiver.jaeger"] });
  stage.start();
});

afterEach(async () => {
  await stage.stop();
  await backend.stop();
});

const RECEIVER = { protocols: { grpc: {} } };

it("a collector that no webhook has refused is not run while it uses a disabled component", async () => {
  await stage.createNamespace("shop");
  await stage.apply("shop", { spec: { ...receiving({ jaeger: RECEIVER }), targetAllocator: { enabled: false } } });
  await eventually(async () => expect(await stage.conditions("shop")).toContain("Degraded=True/ConfigInvalid"));
  expect(JSON.stringify(await stage.status("shop"))).toContain("not FIPS compliant components: [receiver.jaeger]");
  expect(await stage.owned("shop")).toEqual([]);

  const { config } = receiving({ otlp: RECEIVER });
  await stage.patchSpec("shop", { config: { ...config, receivers: { ...config.receivers, jaeger: null } } });
  await eventually(async () => expect(await stage.owned("shop")).toContain("StatefulSet main-collector"));
});
