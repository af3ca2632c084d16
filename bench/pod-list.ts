/**
 * What listing 10,000 pods costs (their size on the wire is printed): peak and retained memory of a process that watches them through our
 * informer in the "discovery" shape, against the "full" shape. The API server is real.
 */
import { execFileSync } from "node:child_process";
import { RESOURCES } from "../src/api/resource-type.ts";
import type { ObjectShape } from "../src/kube/informer.ts";
import { createKubeConnection } from "../src/kube/client-node/connection.ts";
import { systemClock } from "../src/observability/system-clock.ts";
import { startControlPlane } from "../tools/real-parts/control-plane.ts";
import { createNamespace, createPods } from "./cluster-load.ts";
import { report } from "./report.ts";

const PODS = Number(process.env["BENCH_PODS"] ?? "10000");
const MIB = 2 ** 20;

/** Runs in a process of its own, so that peaks do not mix. */
async function watchOnce(kubeconfigPath: string, shape: ObjectShape): Promise<void> {
  const connection = createKubeConnection({ kubeconfigPath, timers: systemClock, onWarning: console.error });
  globalThis.gc?.();
  const [heapBefore, rssBefore] = [process.memoryUsage().heapUsed, process.memoryUsage().rss];
  const started = performance.now();
  const informer = connection.informers.informer({ type: RESOURCES.Pod, namespace: "load", shape });
  await informer.whenSynced(AbortSignal.timeout(120_000));
  const listMs = performance.now() - started;
  globalThis.gc?.();
  const retained = process.memoryUsage().heapUsed - heapBefore;
  const peak = process.resourceUsage().maxRSS * 1024 - rssBefore;
  const [first] = [...informer.list()];
  const name = first?.metadata.name ?? "";
  const onTheWire = JSON.stringify(await connection.client.get(RESOURCES.Pod, { namespace: "load", name })).length;
  const row = {
    shape,
    "KiB per pod on the wire": Number((onTheWire / 1024).toFixed(1)),
    pods: informer.size,
    "list ms": Math.round(listMs),
    "peak MiB over start": Math.round(peak / MIB),
    "retained KiB per pod": Number((retained / informer.size / 1024).toFixed(2)),
  };
  console.log(JSON.stringify(row));
  informer.release();
  await connection.close();
}

const [kubeconfig, shape] = process.argv.slice(2);
if (kubeconfig !== undefined) {
  await watchOnce(kubeconfig, shape === "full" ? "full" : "discovery");
} else {
  const plane = await startControlPlane({ say: console.log });
  const connection = createKubeConnection({
    kubeconfigPath: plane.kubeconfigPath,
    timers: systemClock,
    onWarning: console.error,
  });
  try {
    await createNamespace(connection.client, "load");
    console.log(`creating ${PODS} pods`);
    await createPods(connection.client, { namespace: "load", from: 0, count: PODS });
    const rows = (["discovery", "full"] as const).map((each) => {
      const args = ["--expose-gc", import.meta.filename, plane.kubeconfigPath, each];
      const output = execFileSync(process.execPath, args, { encoding: "utf8" });
      return JSON.parse(output.trim().split("\n").at(-1) ?? "{}") as Record<string, unknown>;
    });
    report("pod-list", rows);
  } finally {
    await connection.close();
    await plane.stop();
  }
}
