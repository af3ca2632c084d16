import { describe, expect, it } from "@jest/globals";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "../../../src/api/meta.ts";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { GeneratedFiles, filesOf } from "../../../src/commands/dev/generated-files.ts";
import { InMemoryCluster } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { eventually } from "../../support/eventually.ts";

const configMap = (name: string, value: string): KubeObject & { readonly data: object } => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data: { value },
});

describe("filesOf", () => {
  it("shows objects as YAML by namespace, kind and name, without managed fields", async () => {
    const cluster = new InMemoryCluster({ now: () => 0, newUid: () => "uid" });
    await cluster.client("dev").apply(RESOURCES.ConfigMap, configMap("a", "one\ntwo\n"));
    const files = filesOf(cluster.objects());
    expect([...files.keys()]).toEqual(["default/configmap-a.yaml"]);
    const text = files.get("default/configmap-a.yaml");
    expect(text).toContain("data:\n  value: |\n    one\n    two\n");
    expect(text).not.toContain("managedFields");
  });
});

describe("GeneratedFiles", () => {
  it("writes what there is, follows changes and leaves nothing of earlier runs", async () => {
    const dir = join(mkdtempSync(join(tmpdir(), "generated-")), ".cluster");
    mkdirSync(dir);
    writeFileSync(join(dir, "old.yaml"), "old");
    const cluster = new InMemoryCluster();
    const client = cluster.client("dev");
    const read = (name: string): string => readFileSync(join(dir, "default", name), "utf8");
    await client.apply(RESOURCES.ConfigMap, configMap("a", "1"));
    const stop = new AbortController();
    const running = new GeneratedFiles(dir, cluster).run(stop.signal);
    await eventually(() => expect(read("configmap-a.yaml")).toContain('value: "1"'));
    await client.apply(RESOURCES.ConfigMap, configMap("a", "2"));
    await eventually(() => expect(read("configmap-a.yaml")).toContain('value: "2"'));
    await client.delete(RESOURCES.ConfigMap, { namespace: "default", name: "a" });
    await eventually(() => expect(existsSync(join(dir, "default", "configmap-a.yaml"))).toBe(false));
    stop.abort();
    await running;
    expect(existsSync(join(dir, "old.yaml"))).toBe(false);
    expect(readFileSync(join(dir, ".gitignore"), "utf8")).toBe("*\n");
    rmSync(join(dir, ".."), { recursive: true });
  });
});
