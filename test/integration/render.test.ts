import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { runCommand } from "../support/command-run.ts";
import { type ControlPlane, START_TIMEOUT_MS, installCrds, startControlPlane } from "../support/control-plane.ts";

const EXAMPLE = join(ROOT, "examples/quickstart");
const COLLECTOR = readFileSync(join(EXAMPLE, "collector.yaml"), "utf8");
const FILES = ["collector.yaml", "pods.yaml", "rbac.yaml"].map((name) => join(EXAMPLE, name));
/** Strict: a field that the server does not know is an error, and no warning goes unseen. */
const DRY_RUN = ["apply", "--dry-run=server", "--validate=strict", "--warnings-as-errors"];

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
  await installCrds(plane);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await plane.stop();
}, START_TIMEOUT_MS);

describe("kubectl apply on a real API server takes", () => {
  it("what render prints of the quickstart, as it is", async () => {
    const { out } = await runCommand(["render", ...FILES]);
    const answer = await plane.kubectl([...DRY_RUN, "-f", "-"], out);
    const lines = answer.trimEnd().split("\n");
    expect(lines).toHaveLength(out.split(/^---$/m).length - 1);
    expect(lines.filter((line) => !line.endsWith(" created (server dry run)"))).toEqual([]);
  });

  it("the quickstart's own manifests, as the example's README says", async () => {
    const answer = await plane.kubectl([...DRY_RUN, "-f", EXAMPLE]);
    expect(answer).toContain("opentelemetrycollector.opentelemetry.io/quickstart created (server dry run)");
  });
});

describe("what keeps a manifest from being used here", () => {
  it.each([
    ["replicas: 3", "replicas: four", "spec.replicas"],
    ["replicas: 3", "replicas: 2.5", "spec.replicas"],
    ["replicas: 3", "replicaz: 3", "spec.replicaz"],
    ["replicas: 3", "env: {}", "spec.env"],
    ["replicas: 3", "env: [{ value: a }]", "spec.env[0].name"],
    ["replicas: 3", "ports: [{ name: a, port: a }]", "spec.ports[0].port"],
    ["replicas: 3", "nodeSelector: { a: 1 }", "spec.nodeSelector.a"],
    ["replicas: 3", "affinity: []", "spec.affinity"],
    ["replicas: 3", "resources: { limits: { cpu: true } }", "spec.resources.limits.cpu"],
    ["replicas: 3", "configVersions: 0", "spec.configVersions"],
    ["replicas: 3", "command: []", "spec.command"],
    ["mode: statefulset", "mode: replicaset", "spec.mode"],
    ["enabled: true", "enabled: 'true'", "spec.targetAllocator.enabled"],
    ["exporters:", "exporter:", "spec.config.exporters"],
    ["spec:", "mode: statefulset\nspec:", "mode"],
  ])("keeps it from a real API server too: %s → %s", async (good, bad, path) => {
    const input = COLLECTOR.replace(good, bad);
    const here = await runCommand(["render", "-"], { input });
    expect(here.err).toContain(` ${path} `);
    await expect(plane.kubectl([...DRY_RUN, "-f", "-"], input)).rejects.toThrow(path);
  });

  it.each([
    ["null for a field", "replicas: 3", "replicas: null"],
    ["null in a map", "replicas: 3", "nodeSelector: { a: null }"],
    ["a quantity as a number", "replicas: 3", "resources: { limits: { cpu: 1 } }"],
    ["an unknown part of the collector's configuration", "exporters:", "connectors: { a: {} }\n    exporters:"],
  ])("is nothing that it takes: %s", async (_name, before, after) => {
    const input = COLLECTOR.replace(before, after);
    expect(await runCommand(["render", "-"], { input })).toMatchObject({ code: 0, err: "" });
    expect(await plane.kubectl([...DRY_RUN, "-f", "-"], input)).toContain("created (server dry run)");
  });
});

describe("render --diff on a real API server", () => {
  const example = COLLECTOR.replace("name: quickstart", "name: compared");
  const diff = async (input: string, flags: readonly string[] = []): ReturnType<typeof runCommand> =>
    runCommand(["render", "--diff", `--kubeconfig=${plane.kubeconfigPath}`, ...flags], { input });
  /** As the operator applies. */
  const applyRendered = async (input: string): Promise<void> => {
    const { out } = await runCommand(["render"], { input });
    const manager = "--field-manager=otel-allocator";
    await plane.kubectl(["apply", "--server-side", "--force-conflicts", manager, "-f", "-"], out);
  };

  it("shows all of what is not there, then nothing once it was applied", async () => {
    const before = await diff(example);
    expect(before).toMatchObject({ code: 2, err: "" });
    expect(before.out).toContain("--- /dev/null\n+++ wanted StatefulSet default/compared-collector\n@@ -0,0 +1,");
    await applyRendered(example);
    expect(await diff(example)).toEqual({ code: 0, out: "", err: "" });
  });

  it("shows what a change changes, line by line, and what somebody else has changed", async () => {
    const { code, out } = await diff(example.replace("replicas: 3", "replicas: 4"));
    expect(code).toBe(2);
    expect(out).toContain(
      "--- is     StatefulSet default/compared-collector\n+++ wanted StatefulSet default/compared-collector\n",
    );
    expect(out).toContain("\n-  replicas: 3\n+  replicas: 4\n");
    expect(out.match(/^---/gm)).toHaveLength(1);
    const edit = JSON.stringify({ spec: { selector: { extra: "label" } } });
    await plane.kubectl(["patch", "service", "compared-targetallocator", "--type=merge", "-p", edit]);
    expect((await diff(example)).out).toContain("--- is     Service default/compared-targetallocator");
    await applyRendered(example);
  });

  it("shows nothing of a server's own additions", async () => {
    await plane.kubectl(["annotate", "statefulset", "compared-collector", "seen=yes"]);
    const { code, out } = await diff(example);
    expect({ code, out }).toEqual({ code: 0, out: "" });
  });

  it("ends in 1 when there is no server, and when the server would refuse an object", async () => {
    const kubeconfig = plane.kubeconfigWithToken("nobody");
    const away = await runCommand(["render", "--diff", `--kubeconfig=${kubeconfig}`], { input: example });
    expect(away).toMatchObject({ code: 1, out: "", err: expect.stringContaining("Unauthorized") });
    const refused = await diff(
      example.replace("name: compared", "name: refused").replace("replicas: 3", "serviceAccount: A_B"),
    );
    expect(refused).toMatchObject({ code: 1, out: "", err: expect.stringContaining("serviceAccountName") });
  });

  it("takes what kustomize and Helm print, and says how much of it is not for it", async () => {
    const input = [
      example,
      "kind: PriorityClass\napiVersion: scheduling.k8s.io/v1\nmetadata: { name: 'system:any' }",
      "kind: Ingress\napiVersion: extensions/v1beta1\nmetadata: { generateName: a- }",
      "# Source: a comment alone",
    ].join("\n---\n");
    expect(await diff(input)).toEqual({
      code: 0,
      out: "",
      err: "standard input: 2 objects of other kinds passed over\n",
    });
  });
});
