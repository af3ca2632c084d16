import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { parseAllDocuments, stringify } from "yaml";
import type { KubeObject } from "../../src/api/meta.ts";
import { locate, type PartName, ROOT } from "../../tools/real-parts/parts.ts";

/** Where both ways to install put the operator. */
export const OPERATOR_NAMESPACE = "opentelemetry-operator-system";
const CHART = join(ROOT, "charts", "otel-allocator");
const NO_LIMIT = 1 << 26;

/** What `kubectl apply -k` of a folder below config/ would send. */
export function renderKustomization(folder: string): readonly KubeObject[] {
  return objectsIn(run("kubectl", ["kustomize", join(ROOT, "config", folder)]));
}

/** What an overlay of somebody's own would send that takes these folders below config/ together. */
export function renderOverlay(
  parts: Readonly<Record<"resources" | "components", readonly string[]>>,
): readonly KubeObject[] {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "otel-allocator-overlay-")));
  const below = (names: readonly string[]): readonly string[] =>
    names.map((name) => relative(folder, join(ROOT, "config", name)));
  try {
    const overlay = { resources: below(parts.resources), components: below(parts.components) };
    writeFileSync(join(folder, "kustomization.yaml"), stringify(overlay));
    return objectsIn(run("kubectl", ["kustomize", folder]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** By kind, namespace and name, to compare what different ways to install send. */
export const byName = (objects: readonly KubeObject[]): Readonly<Record<string, KubeObject>> =>
  Object.fromEntries(
    objects.map((object) => [`${object.kind} ${object.metadata.namespace ?? ""}/${object.metadata.name}`, object]),
  );

/** What `helm install` would send, CRDs included. Throws with Helm's words for values that it refuses. */
export function renderChart(values: readonly string[] = []): readonly KubeObject[] {
  const settings = values.flatMap((value) => ["--set-json", value]);
  return objectsIn(
    run("helm", ["template", "operator", CHART, "--include-crds", "-n", OPERATOR_NAMESPACE, ...settings]),
  );
}

/** Runs Helm against a cluster. */
export async function helm(kubeconfig: string, args: readonly string[]): Promise<string> {
  const global = ["--kubeconfig", kubeconfig, "--namespace", OPERATOR_NAMESPACE];
  return (await promisify(execFile)(binary("helm"), [...args, ...global], { maxBuffer: NO_LIMIT })).stdout;
}

/** Installs the chart as its README says. */
export async function helmInstall(kubeconfig: string): Promise<void> {
  await helm(kubeconfig, ["install", "operator", CHART, "--create-namespace"]);
}

function run(name: PartName, args: readonly string[]): string {
  return execFileSync(binary(name), args, { encoding: "utf8", maxBuffer: NO_LIMIT, stdio: ["ignore", "pipe", "pipe"] });
}

function binary(name: PartName): string {
  const path = locate(name);
  if (path === undefined) throw new Error(`${name} is not built: run \`make real-parts\``);
  return path;
}

function objectsIn(text: string): readonly KubeObject[] {
  const documents = parseAllDocuments(text).map((document): unknown => document.toJS());
  return documents.filter((object): object is KubeObject => object !== null);
}
