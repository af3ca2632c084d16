import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { KubeObject } from "../../src/api/meta.ts";
import { RESOURCES } from "../../src/api/resource-type.ts";
import { KubeEventRecorder } from "../../src/controllers/index.ts";
import { createKubeConnection, type KubeConnection } from "../../src/kube/client-node/connection.ts";
import { systemClock } from "../../src/observability/system-clock.ts";
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { MemoryLogger } from "../support/memory-logger.ts";

const TEST_TIMEOUT_MS = 60_000;

let plane: ControlPlane;
let kube: KubeConnection;

beforeAll(async () => {
  plane = await startControlPlane();
  kube = createKubeConnection({
    kubeconfigPath: plane.kubeconfigPath,
    timers: systemClock,
    onWarning: () => undefined,
  });
}, START_TIMEOUT_MS);

afterAll(async () => {
  await kube.close();
  await plane.stop();
}, START_TIMEOUT_MS);

describe("KubeEventRecorder on a real API server", () => {
  it.each([
    { name: "a namespaced object", type: RESOURCES.ConfigMap, key: { namespace: "kube-public", name: "observed" } },
    { name: "a cluster-scoped object", type: RESOURCES.Namespace, key: { namespace: "", name: "kube-public" } },
  ])(
    "writes events of $name that kubectl shows, and counts repetitions",
    async ({ type, key }) => {
      const fresh: KubeObject = { apiVersion: "v1", kind: "ConfigMap", metadata: key };
      const object = (await kube.client.get(type, key)) ?? (await kube.client.create(type, fresh));
      const log = new MemoryLogger();
      const reporter = { controller: "opentelemetry.io/otel-allocator", instance: "operator-1" };
      const recorder = new KubeEventRecorder({ client: kube.client, clock: systemClock, log, ...reporter });
      const reason = `${type.kind}Invalid`;
      const namespace = key.namespace === "" ? "default" : key.namespace;
      const shown = async (): Promise<readonly string[]> => {
        const lines = (await plane.kubectl(["events", `--namespace=${namespace}`])).split("\n");
        return lines.filter((line) => line.includes(reason));
      };
      const record = (note: string): void => recorder.record(object, { type: "Normal", reason, note });

      for (const note of ["no receivers", "x".repeat(3_000), "repeated"]) record(note);
      await eventually(async () => expect(await shown()).toHaveLength(3));
      record("repeated");
      record("repeated");
      await recorder.close(AbortSignal.timeout(20_000));

      expect(log.messages("warn")).toEqual([]);
      const lines = await shown();
      expect(lines).toHaveLength(3);
      const repeated = lines.find((line) => line.includes("repeated"));
      expect(repeated).toMatch(new RegExp(`\\(x3 over .*\\) +Normal +${reason} +${type.kind}/${key.name} +repeated`));
    },
    TEST_TIMEOUT_MS,
  );
});
