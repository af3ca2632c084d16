import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readManifests } from "../../src/commands/manifests.ts";

const COLLECTOR =
  "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: { name: web }\nspec:\n  config: { receivers: {}, exporters: {}, service: { pipelines: {} } }\n";
const POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n";

describe("readManifests", () => {
  it.each<{ name: string; text: string; want: readonly string[] }>([
    { name: "reads one object", text: POD, want: ["f.yaml:1 Pod default/web"] },
    {
      name: "reads many, with comments and empty documents between",
      text: `# first\n---\n${POD}---\n---\n# second\nkind: Node\napiVersion: v1\nmetadata: {name: n1}\n`,
      want: ["f.yaml:3 Pod default/web", "f.yaml:10 Node /n1"],
    },
    {
      name: "keeps a namespace",
      text: "{apiVersion: v1, kind: Service, metadata: {name: a, namespace: shop}}",
      want: ["f.yaml:1 Service shop/a"],
    },
    {
      name: "reads JSON",
      text: '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"}}',
      want: ["f.yaml:1 Deployment default/a"],
    },
    {
      name: "takes lists apart",
      text: "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n- {apiVersion: v1, kind: Pod, metadata: {name: b}}\n",
      want: ["f.yaml:4 Pod default/a", "f.yaml:5 Pod default/b"],
    },
    { name: "reads nothing", text: "", want: [] },
    { name: "reads comments as nothing", text: "# nothing\n", want: [] },
  ])("$name", ({ text, want }) => {
    const { manifests, problems, ignored } = readManifests(text, "f.yaml");
    expect({ problems, ignored }).toEqual({ problems: [], ignored: [] });
    const found = manifests.map(
      ({ at, object: { kind, metadata } }) => `${at} ${kind} ${metadata.namespace ?? ""}/${metadata.name}`,
    );
    expect(found).toEqual(want);
  });

  it("reads values as kubectl does", () => {
    const [manifest] = readManifests(`${POD}  annotations: {t: 1:30, d: 2026-01-01, b: yes}\n`, "f.yaml").manifests;
    expect(manifest?.object.metadata.annotations).toEqual({ t: "1:30", d: "2026-01-01", b: true });
  });

  it("leaves out kinds that nobody here reads, and says so", () => {
    const { manifests, problems, ignored } = readManifests(
      `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata:\n  name: x\n---\n${POD}`,
      "f.yaml",
    );
    expect(manifests).toHaveLength(1);
    expect(problems).toEqual([]);
    expect(ignored).toEqual([expect.stringContaining("f.yaml:1: Kustomization x")]);
  });

  it.each<{ name: string; text: string; want: string }>([
    {
      name: "broken YAML",
      text: `${POD}  labels:\n    a: [1\n---\n`,
      want: "f.yaml:7:1: not YAML: Flow sequence in block collection",
    },
    { name: "a tab", text: "a:\n\t- b", want: "f.yaml:2:1: not YAML: " },
    { name: "a repeated key", text: `${POD}kind: Node\n`, want: "f.yaml:5:1: not YAML: Map keys must be unique" },
    {
      name: "a text that looks like an alias, without showing it",
      text: `${POD}  annotations: {password: *hidden}\n`,
      want: "f.yaml:5:27: not YAML: an alias that stands for nothing; put a text that begins with * into quotes",
    },
    {
      name: "a list",
      text: "- a\n",
      want: "f.yaml:1: expected a Kubernetes object with apiVersion, kind and metadata, found a list",
    },
    {
      name: "a field that no collector has, where it stands",
      text: `${POD}---\n${COLLECTOR}  mode: deployment\n  replicaz: 2\n`,
      want: "f.yaml:12: OpenTelemetryCollector web: spec.replicaz is not a known field",
    },
    {
      name: "a wrong value in a list, where it stands",
      text: `${COLLECTOR}  ports:\n  - port: 1\n  - name: a\n    port: http\n`,
      want: "f.yaml:9: OpenTelemetryCollector web: spec.ports[1].port must be a whole number",
    },
    {
      name: "a wrong value that an alias stands for, where the alias stands",
      text: `${COLLECTOR}  ports: &p [{ port: 1 }]\n  args: {}\n  env: *p\n`,
      want: "f.yaml:8: OpenTelemetryCollector web: spec.env[0].name must be given",
    },
    {
      name: "a field beside spec",
      text: `${COLLECTOR}mode: deployment\n`,
      want: "f.yaml:6: OpenTelemetryCollector web: mode is not a known field",
    },
    {
      name: "a missing spec",
      text: "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: { name: web }\n",
      want: "f.yaml:1: OpenTelemetryCollector web: spec.config must be given",
    },
    { name: "a word", text: `${POD}---\nhello\n`, want: "f.yaml:6: expected a Kubernetes object" },
    { name: "no kind", text: "metadata: {name: a}", want: "f.yaml:1: apiVersion and kind must be given" },
    { name: "no name", text: "apiVersion: v1\nkind: Pod\n", want: "f.yaml:1: metadata.name of the Pod must be given" },
    {
      name: "a name that no object can have",
      text: "{apiVersion: v1, kind: Pod, metadata: {name: A_B}}",
      want: "f.yaml:1: metadata.name",
    },
    ...["../../up", "a.b", "A", "-a", "a".repeat(64), 5].map((namespace) => ({
      name: `the namespace ${String(namespace)}, which no object can have`,
      text: JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "web", namespace } }),
      want: 'f.yaml:1: metadata.namespace of the Pod web must be lower-case letters, digits and "-"',
    })),
    {
      name: "another version",
      text: "{apiVersion: opentelemetry.io/v1, kind: OpenTelemetryCollector, metadata: {name: a}}",
      want: "f.yaml:1: OpenTelemetryCollector a has apiVersion opentelemetry.io/v1; write opentelemetry.io/v1beta1",
    },
    {
      name: "a mistake in a collector of v1alpha1",
      text: "apiVersion: opentelemetry.io/v1alpha1\nkind: OpenTelemetryCollector\nmetadata: {name: a}\nspec:\n  config: {}\n",
      want: "f.yaml:5: OpenTelemetryCollector a: spec.config must be a text",
    },
    {
      name: "a mistake in a TargetAllocator",
      text: "{apiVersion: opentelemetry.io/v1alpha1, kind: TargetAllocator, metadata: {name: a}, spec: {junk: 1}}",
      want: "f.yaml:1: TargetAllocator a: spec.junk is not a known field",
    },
  ])("tells $name with its place", ({ text, want }) => {
    expect(readManifests(text, "f.yaml").problems[0]).toContain(want);
  });

  it("takes a collector of v1alpha1 for what the API server would store of it", () => {
    const text = readFileSync(join(import.meta.dirname, "../api/opentelemetry/testdata/seed-v1alpha1.yaml"), "utf8");
    const [manifest] = readManifests(text, "f.yaml").manifests;
    expect(manifest?.object).toMatchObject({
      apiVersion: "opentelemetry.io/v1beta1",
      metadata: { name: "collector-with-ta", namespace: "monitoring" },
      spec: {
        managementState: "managed",
        targetAllocator: { enabled: true, filterStrategy: "relabel-config" },
        config: { receivers: { prometheus: { config: { scrape_configs: [{ job_name: "otel-collector" }] } } } },
      },
    });
  });

  it("tells all problems of a file", () => {
    expect(readManifests("- a\n---\nkind: Pod\n---\n{a", "f.yaml").problems).toHaveLength(3);
  });
});
