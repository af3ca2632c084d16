import { afterAll, afterEach, beforeAll, expect, it } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { freeAddress, type Program, startProgram } from "../support/program.ts";

const CASE_TIMEOUT_MS = 180_000;
/** Longer than the longest wait between two attempts of a watch. */
const COMES_LATER = { withinMs: 120_000 };

let plane: ControlPlane;
let dir: string;
let program: Program | undefined;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "zones-"));
  plane = await startControlPlane();
  await plane.kubectl(["create", "namespace", "obs"]);
}, START_TIMEOUT_MS);

afterEach(async () => {
  await program?.child.stop();
});

afterAll(async () => {
  await plane.stop();
  rmSync(dir, { recursive: true, force: true });
}, START_TIMEOUT_MS);

/** A collector that is Ready, on a node of its own in a zone of this name. */
async function putCollector(zone: string): Promise<void> {
  const [name, node] = [`collector-${zone}`, `node-${zone}`];
  const labels = { "topology.kubernetes.io/zone": zone };
  const spec = { nodeName: node, containers: [{ name: "otc", image: "otc" }] };
  const items = [
    { apiVersion: "v1", kind: "Node", metadata: { name: node, labels } },
    { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "obs", labels: { app: "collector" } }, spec },
  ];
  await plane.kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
  const patch = ["--subresource=status", "--type=merge", "-p", JSON.stringify({ status })];
  await plane.kubectl(["patch", "pod", name, "-n", "obs", ...patch]);
}

/** The addresses of the job that the collector of a zone has. */
async function targetsIn(zone: string): Promise<readonly string[]> {
  const response = await fetch(`${program?.url}/jobs/web/targets?collector_id=collector-${zone}`);
  expect(response.status).toBe(200);
  const groups = (await response.json()) as readonly { readonly targets: readonly string[] }[];
  return groups.flatMap(({ targets }) => targets).toSorted();
}

const inZone = (zone: string): object => ({
  targets: Array.from({ length: 6 }, (_, i) => `${zone}-${i}:80`),
  labels: { zone },
});
const READ = ["--verb=get", "--verb=list", "--verb=watch"];

it(
  "without the permission for nodes spreads by load and says so, and brings targets home once it has it",
  async () => {
    await Promise.all([putCollector("east"), putCollector("west")]);
    await plane.kubectl(["create", "serviceaccount", "allocator", "-n", "obs"]);
    await plane.kubectl(["create", "role", "pods", "-n", "obs", ...READ, "--resource=pods"]);
    const subject = "--serviceaccount=obs:allocator";
    await plane.kubectl(["create", "rolebinding", "pods", "-n", "obs", "--role=pods", subject]);
    // A watch that is refused takes its time to try again.
    const asAllocator = ["-n", "obs", "--as=system:serviceaccount:obs:allocator"];
    await eventually(async () => plane.kubectl(["auth", "can-i", "watch", "pods", ...asAllocator]), COMES_LATER);
    const token = (await plane.kubectl(["create", "token", "allocator", "-n", "obs"])).trim();

    const address = await freeAddress();
    const configPath = join(dir, "allocator.yaml");
    writeFileSync(
      configPath,
      JSON.stringify({
        collector_namespace: "obs",
        collector_selector: { matchLabels: { app: "collector" } },
        allocation_strategy: "zone-aware",
        allocation_strategy_settings: { zone_labels: ["zone"] },
        config: { scrape_configs: [{ job_name: "web", static_configs: [inZone("east"), inZone("west")] }] },
      }),
    );
    program = startProgram({
      args: [
        "target-allocator",
        `--config-file=${configPath}`,
        `--listen-addr=${address}`,
        `--kubeconfig-path=${plane.kubeconfigWithToken(token)}`,
      ],
      dir,
      name: "allocator",
      url: `http://${address}`,
    });
    await program.whenReady();
    const [east, west] = [await targetsIn("east"), await targetsIn("west")];
    expect([east.length, west.length]).toEqual([6, 6]);
    expect(new Set(east.map((target) => target.split("-")[0]))).toEqual(new Set(["east", "west"]));
    expect(readFileSync(join(dir, "allocator.log"), "utf8")).toMatch(
      /the zones of collectors are not known.*nodes.*give the service account the verbs/,
    );

    await plane.kubectl(["create", "clusterrole", "nodes", ...READ, "--resource=nodes"]);
    await plane.kubectl(["create", "clusterrolebinding", "nodes", "--clusterrole=nodes", subject]);
    await eventually(async () => {
      expect((await targetsIn("east")).every((target) => target.startsWith("east-"))).toBe(true);
      expect((await targetsIn("west")).every((target) => target.startsWith("west-"))).toBe(true);
    }, COMES_LATER);
  },
  CASE_TIMEOUT_MS,
);
