import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { type DirectoryChange, ManifestDirectory } from "../../../src/commands/dev/manifest-directory.ts";
import { InMemoryCluster } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { eventually } from "../../support/eventually.ts";

let dir: string;
let cluster: InMemoryCluster;
let directory: ManifestDirectory;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "manifests-"));
  cluster = new InMemoryCluster({ missingNamespaces: "create" });
  directory = new ManifestDirectory(dir, cluster.client("dev"));
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

const write = (name: string, text: string): void => writeFileSync(join(dir, name), text);
const pod = (name: string, value = "1"): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n  labels: { value: "${value}" }\n`;

async function labelsInCluster(): Promise<Record<string, unknown>> {
  const pods = await cluster.client("test").list(RESOURCES.Pod);
  return Object.fromEntries(pods.map(({ metadata }) => [metadata.name, metadata.labels?.["value"]]));
}

describe("ManifestDirectory.sync", () => {
  it("applies every object of every file, below it too", async () => {
    write("a.yaml", `${pod("a1")}---\n${pod("a2")}`);
    mkdirSync(join(dir, "more"));
    write("more/b.yml", pod("b"));
    expect(await directory.sync()).toEqual({
      applied: ["Pod default/a1", "Pod default/a2", "Pod default/b"],
      deleted: [],
      problems: [],
      ignored: [],
    });
    expect(await labelsInCluster()).toEqual({ a1: "1", a2: "1", b: "1" });
  });

  it("leaves alone what begins with a dot and what is no manifest", async () => {
    mkdirSync(join(dir, ".cluster"));
    write(".cluster/a.yaml", pod("a"));
    write(".b.yaml.swp", "x");
    write("README.md", "x");
    expect((await directory.sync()).applied).toEqual([]);
  });

  it("does nothing when nothing changed", async () => {
    write("a.yaml", pod("a"));
    await directory.sync();
    expect(await directory.sync()).toMatchObject({ applied: [], deleted: [] });
  });

  it("applies what changed and deletes what is gone", async () => {
    write("a.yaml", `${pod("a1")}---\n${pod("a2")}`);
    write("b.yaml", pod("b"));
    await directory.sync();
    write("a.yaml", pod("a1", "2"));
    rmSync(join(dir, "b.yaml"));
    expect(await directory.sync()).toMatchObject({
      applied: ["Pod default/a1"],
      deleted: ["Pod default/a2", "Pod default/b"],
    });
    expect(await labelsInCluster()).toEqual({ a1: "2" });
  });

  it("keeps the last good state of a file that is broken, and says where", async () => {
    write("a.yaml", pod("a"));
    await directory.sync();
    write("a.yaml", `${pod("a", "2")}  broken: [\n`);
    const broken = await directory.sync();
    expect(broken).toMatchObject({ applied: [], deleted: [] });
    expect(broken.problems).toEqual([expect.stringMatching(/a\.yaml:7:1: not YAML: Flow sequence/)]);
    expect(await labelsInCluster()).toEqual({ a: "1" });
    write("a.yaml", pod("a", "3"));
    expect(await directory.sync()).toMatchObject({ applied: ["Pod default/a"], problems: [] });
  });

  it("says which file cannot be read, and goes on with what it held and with the others", async () => {
    write("a.yaml", pod("a"));
    await directory.sync();
    rmSync(join(dir, "a.yaml"));
    mkdirSync(join(dir, "a.yaml"));
    write("b.yaml", pod("b"));
    expect(await directory.sync()).toEqual({
      applied: ["Pod default/b"],
      deleted: [],
      problems: [`${join(dir, "a.yaml")} cannot be read: it is a directory; give the path of a file`],
      ignored: [],
    });
    expect(await labelsInCluster()).toEqual({ a: "1", b: "1" });
  });

  it("says when an object is in two places, and takes the first", async () => {
    write("a.yaml", pod("a", "first"));
    write("b.yaml", pod("a", "second"));
    const { problems } = await directory.sync();
    expect(problems).toEqual([
      expect.stringMatching(/b\.yaml:1: Pod default\/a is also at .*a\.yaml:1, and that one counts$/),
    ]);
    expect(await labelsInCluster()).toEqual({ a: "first" });
  });

  it("says what the cluster refuses, and tries again when the file changes", async () => {
    write("a.yaml", pod("a_b").replace("a_b", "a..b"));
    const { problems } = await directory.sync();
    expect(problems).toEqual([expect.stringMatching(/a\.yaml:1: applying Pod default\/a\.\.b: /)]);
    write("a.yaml", pod("a-b"));
    expect(await directory.sync()).toMatchObject({ applied: ["Pod default/a-b"], problems: [] });
  });

  it("rejects when the directory does not exist", async () => {
    await expect(new ManifestDirectory(join(dir, "no"), cluster.client("dev")).sync()).rejects.toThrow("ENOENT");
  });
});

describe("ManifestDirectory.run", () => {
  it("follows the files and reports what is news", async () => {
    write("a.yaml", pod("a"));
    const stop = new AbortController();
    const reports: DirectoryChange[] = [];
    const running = directory.run((change) => reports.push(change), stop.signal);
    await eventually(async () => expect(await labelsInCluster()).toEqual({ a: "1" }));
    write("a.yaml", pod("a", "2"));
    await eventually(async () => expect(await labelsInCluster()).toEqual({ a: "2" }));
    write("b.yaml", "{");
    await eventually(() => expect(reports.at(-1)?.problems).toHaveLength(1));
    rmSync(join(dir, "b.yaml"));
    await eventually(() => expect(reports.at(-1)?.problems).toHaveLength(0));
    stop.abort();
    await running;
    expect(reports).toHaveLength(4);
  });
});
