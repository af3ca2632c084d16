/**
 * `make cluster` and `make cluster-down`: a real control plane on this machine that goes on in the background.
 * With `--kubelet`, kube-scheduler and kwok come with it, so that pods are scheduled and become ready.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startControlPlane } from "./real-parts/control-plane.ts";
import { ROOT } from "./real-parts/parts.ts";

const DIR = join(ROOT, ".cache", "cluster");
const PIDS = join(DIR, "pids.json");

async function up(kubelet: boolean): Promise<void> {
  if (existsSync(PIDS)) {
    console.error(`A cluster is up already. Its kubeconfig:\n\n  export KUBECONFIG=${join(DIR, "kubeconfig")}\n`);
    return;
  }
  const plane = await startControlPlane({
    controllerManager: true,
    scheduler: kubelet,
    kwok: kubelet,
    dir: DIR,
    detached: true,
    say: (line) => console.error(line),
  });
  writeFileSync(PIDS, JSON.stringify(plane.pids));
  if (kubelet) {
    const node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "node-0", annotations: { "kwok.x-k8s.io/node": "fake" } },
    };
    await plane.kubectl(["create", "-f", "-"], JSON.stringify(node));
  }
  console.error(`kube-apiserver is ready at ${plane.url}. Use it with\n`);
  console.log(`  export KUBECONFIG=${plane.kubeconfigPath}`);
  console.error(`\nand end it with\n\n  make cluster-down\n`);
}

async function down(): Promise<void> {
  if (!existsSync(PIDS)) {
    console.error("No cluster is up.");
    return;
  }
  const pids = JSON.parse(readFileSync(PIDS, "utf8")) as readonly number[];
  // The reverse of the order in which they were started: nobody misses what is gone.
  for (const pid of pids.toReversed()) if (isOurs(pid)) process.kill(pid, "SIGKILL");
  await delay(200);
  rmSync(DIR, { recursive: true, force: true });
  console.error("The cluster is down.");
}

/** Whether the process is one of this cluster still: after a restart of the machine the id can be anybody's. */
function isOurs(pid: number): boolean {
  try {
    return commandLineOf(String(pid)).includes(DIR);
  } catch {
    // There is no such process.
    return false;
  }
}

function commandLineOf(pid: string): string {
  if (existsSync("/proc/self/cmdline")) return readFileSync(join("/proc", pid, "cmdline"), "utf8");
  return execFileSync("ps", ["-o", "args=", "-ww", "-p", pid], { encoding: "utf8" });
}

const [command, ...flags] = process.argv.slice(2);
if (command === "up") await up(flags.includes("--kubelet"));
else if (command === "down") await down();
else {
  console.error("usage: node tools/cluster.ts up [--kubelet] | down");
  process.exitCode = 2;
}
// Detached children keep no handle open, but the probe's sockets may.
process.exit();
