import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { afterEach, describe, expect, it } from "@jest/globals";

import { watchDirectory, type WatchDirectory } from "../../../src/discovery/file/directory-watches.ts";
import { FileDiscoverer } from "../../../src/discovery/file/file-discoverer.ts";
import { readFileSettings } from "../../../src/discovery/file/settings.ts";
import type { Clock } from "../../../src/observability/clock.ts";
import { systemClock } from "../../../src/observability/system-clock.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { discovered } from "../../support/label-groups.ts";
import { RecordingSink } from "../../support/recording-sink.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const makeDirectory = temporaryDirectories();
const stages: Stage[] = [];

afterEach(async () => {
  await Promise.all(stages.splice(0).map(async (stage) => stage.stop()));
});

const noWatch: WatchDirectory = () => ({ close: () => undefined });
const impossibleWatch: WatchDirectory = () => {
  throw Object.assign(new Error("too many watches"), { code: "ENOSPC" });
};

/** A discoverer that runs on a real directory, until the test ends. */
class Stage {
  readonly sink = new RecordingSink();
  readonly counts = { readErrors: 0, scans: 0, watchErrors: 0 };
  readonly modified = new Map<string, number>();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(
    files: readonly string[],
    { clock = systemClock, watch = watchDirectory }: { clock?: Clock; watch?: WatchDirectory } = {},
  ) {
    const discoverer = new FileDiscoverer({
      settings: readFileSettings({ files, refresh_interval: "5m" }),
      watchDirectory: watch,
      clock,
      observer: {
        readFailed: () => (this.counts.readErrors += 1),
        scanned: () => (this.counts.scans += 1),
        watchFailed: () => (this.counts.watchErrors += 1),
        modified: (path, seconds) => this.modified.set(path, seconds),
        vanished: (path) => this.modified.delete(path),
      },
    });
    this.#done = discoverer.run(this.sink, this.#stop.signal);
    stages.push(this);
  }

  /** The addresses known now, by source without the directory. */
  get addresses(): Readonly<Record<string, readonly string[]>> {
    const entries = [...this.sink.groups].map(([source, group]): [string, string[]] => [
      basename(source),
      discovered(group).map(({ __address__: address = "" }) => address),
    ]);
    return Object.fromEntries(entries);
  }

  /** Waits until so many looks at all files are over. */
  async scans(count: number): Promise<void> {
    const look = (): void => {
      if (this.counts.scans < count)
        throw new Error(`${String(this.counts.scans)} looks, waiting for ${String(count)}`);
    };
    await eventually(look, { everyMs: 5 });
    await settle();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}

function groups(...lists: readonly (readonly string[])[]): string {
  return JSON.stringify(lists.map((targets) => ({ targets })));
}

/** Writes as careful writers do: beside, then into place. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}

describe("file_sd_configs", () => {
  it("finds the groups of JSON and YAML files, with the path as a label", async () => {
    const dir = makeDirectory();
    writeFileSync(join(dir, "a.json"), '[{"targets": ["a:1"], "labels": {"team": "x"}}, {"targets": ["b:2", "c:3"]}]');
    writeFileSync(join(dir, "b.YML"), "- targets: ['d:4']\n  labels: {__meta_filepath: mine}\n");
    const stage = new Stage([join(dir, "*.json"), join(dir, "*.YML")]);
    await stage.scans(1);
    expect(stage.sink.sources).toEqual([[`${dir}/a.json:0`, `${dir}/a.json:1`, `${dir}/b.YML:0`]]);
    expect([...stage.sink.groups.values()].flatMap(discovered)).toEqual([
      { __address__: "a:1", __meta_filepath: `${dir}/a.json`, team: "x" },
      { __address__: "b:2", __meta_filepath: `${dir}/a.json` },
      { __address__: "c:3", __meta_filepath: `${dir}/a.json` },
      { __address__: "d:4", __meta_filepath: `${dir}/b.YML` },
    ]);
    expect(stage.sink.failing).toBeUndefined();
  });

  it("has settled without targets when no file matches", async () => {
    const stage = new Stage([join(makeDirectory(), "*.json"), join(makeDirectory(), "none.yml")]);
    await stage.scans(1);
    expect([stage.sink.updates, stage.sink.failing]).toEqual([[[]], undefined]);
  });

  it("reads a file once that two patterns match", async () => {
    const dir = makeDirectory();
    writeFileSync(join(dir, "a.json"), groups(["a:1"]));
    const stage = new Stage([join(dir, "a.json"), join(dir, "*.json")]);
    await stage.scans(1);
    expect(stage.sink.sources).toEqual([[`${dir}/a.json:0`]]);
  });

  it("says when files were modified, as long as they are there", async () => {
    const dir = makeDirectory();
    const path = join(dir, "a.json");
    writeFileSync(path, groups(["a:1"]));
    execFileSync("touch", ["-d", "@1700000000", path]);
    const stage = new Stage([path]);
    await stage.scans(1);
    expect([...stage.modified]).toEqual([[path, 1_700_000_000]]);
    await stage.stop();
    expect([...stage.modified]).toEqual([]);
  });
});

describe("changes of files are noticed at once", () => {
  it.each<{ name: string; change: (dir: string) => void; addresses: Readonly<Record<string, readonly string[]>> }>([
    {
      name: "a new file",
      change: (dir) => writeFileSync(join(dir, "b.json"), groups(["b:1"])),
      addresses: { "a.json:0": ["a:1"], "a.json:1": ["a:2"], "b.json:0": ["b:1"] },
    },
    {
      name: "a file written anew",
      change: (dir) => writeFileSync(join(dir, "a.json"), groups(["a:8"], ["a:2"])),
      addresses: { "a.json:0": ["a:8"], "a.json:1": ["a:2"] },
    },
    {
      name: "a file replaced in one step",
      change: (dir) => replaceFile(join(dir, "a.json"), groups(["a:9"], ["a:2"], ["a:3"])),
      addresses: { "a.json:0": ["a:9"], "a.json:1": ["a:2"], "a.json:2": ["a:3"] },
    },
    {
      name: "a list that becomes shorter",
      change: (dir) => replaceFile(join(dir, "a.json"), groups(["a:1"])),
      addresses: { "a.json:0": ["a:1"] },
    },
    { name: "an emptied list", change: (dir) => writeFileSync(join(dir, "a.json"), "[]"), addresses: {} },
    { name: "a deleted file", change: (dir) => rmSync(join(dir, "a.json")), addresses: {} },
    {
      name: "a file with another name",
      change: (dir) => renameSync(join(dir, "a.json"), join(dir, "z.json")),
      addresses: { "z.json:0": ["a:1"], "z.json:1": ["a:2"] },
    },
  ])("$name", async ({ change, addresses }) => {
    const dir = makeDirectory();
    writeFileSync(join(dir, "a.json"), groups(["a:1"], ["a:2"]));
    const stage = new Stage([join(dir, "*.json")]);
    await stage.scans(1);
    change(dir);
    await eventually(() => expect(stage.addresses).toEqual(addresses), { everyMs: 10 });
    expect(stage.sink.failing).toBeUndefined();
  });

  it.each([{ pattern: "*.json" }, { pattern: "..data/*.json" }])(
    "a mounted ConfigMap that is swapped, found by $pattern",
    async ({ pattern }) => {
      const dir = makeDirectory();
      const publish = (version: string, text: string): void => {
        mkdirSync(join(dir, version));
        writeFileSync(join(dir, version, "a.json"), text);
        symlinkSync(version, join(dir, "..data_tmp"));
        renameSync(join(dir, "..data_tmp"), join(dir, "..data"));
      };
      publish("..1", groups(["a:1"]));
      symlinkSync("..data/a.json", join(dir, "a.json"));
      const stage = new Stage([join(dir, pattern)]);
      await stage.scans(1);
      expect(stage.addresses).toEqual({ "a.json:0": ["a:1"] });
      publish("..2", groups(["a:2"]));
      rmSync(join(dir, "..1"), { recursive: true });
      await eventually(() => expect(stage.addresses).toEqual({ "a.json:0": ["a:2"] }), { everyMs: 10 });
      publish("..3", groups(["a:3"]));
      rmSync(join(dir, "..2"), { recursive: true });
      await eventually(() => expect(stage.addresses).toEqual({ "a.json:0": ["a:3"] }), { everyMs: 10 });
    },
  );

  it("sends nothing when a file is written again with the same content, or gets other permissions", async () => {
    const dir = makeDirectory();
    const path = join(dir, "a.json");
    writeFileSync(path, groups(["a:1"]));
    const stage = new Stage([path]);
    await stage.scans(1);
    replaceFile(path, groups(["a:1"]));
    chmodSync(path, 0o600);
    await stage.scans(2);
    expect(stage.sink.updates).toHaveLength(1);
  });
});

describe("a file that cannot be used", () => {
  it("keeps its targets, while others are updated", async () => {
    const dir = makeDirectory();
    writeFileSync(join(dir, "a.json"), groups(["a:1"]));
    writeFileSync(join(dir, "b.yml"), "- targets: ['b:1']");
    const stage = new Stage([join(dir, "*.json"), join(dir, "*.yml")]);
    await stage.scans(1);
    replaceFile(join(dir, "b.yml"), "- targets: ['b:2']\n  tags: {}\n");
    replaceFile(join(dir, "a.json"), groups(["a:2"]));
    await eventually(() => expect(stage.addresses).toEqual({ "a.json:0": ["a:2"], "b.yml:0": ["b:1"] }));
    expect(stage.sink.failing).toBe(
      `file_sd_configs: reading ${dir}/b.yml: line 2, column 9: [0].tags is no key of a group; ` +
        "there are targets and labels; its targets stay as they were",
    );
    replaceFile(join(dir, "b.yml"), "- targets: ['b:3']");
    await eventually(() => expect(stage.addresses).toEqual({ "a.json:0": ["a:2"], "b.yml:0": ["b:3"] }));
    expect(stage.sink.failing).toBeUndefined();
  });

  it("is reported again and again, but nothing is sent for it", async () => {
    const clock = new FakeClock();
    const dir = makeDirectory();
    writeFileSync(join(dir, "a.json"), groups(["a:1"]));
    writeFileSync(join(dir, "b.json"), "[");
    const stage = new Stage([join(dir, "*.json")], { clock, watch: noWatch });
    await stage.scans(1);
    await clock.advance(5 * 60_000);
    await stage.scans(1);
    await clock.advance(100);
    await stage.scans(2);
    expect([stage.sink.updates.length, stage.sink.failures.length, stage.counts.readErrors]).toEqual([1, 2, 2]);
  });

  it("leaves the job unsettled when it is the only one, until it can be used", async () => {
    const path = join(makeDirectory(), "a.json");
    writeFileSync(path, "");
    const stage = new Stage([path]);
    await stage.scans(1);
    expect(stage.sink.updates).toEqual([]);
    expect(stage.sink.failing).toContain(`reading ${path}: Unexpected end of JSON input`);
    writeFileSync(path, groups(["a:1"]));
    await eventually(() => expect(stage.addresses).toEqual({ "a.json:0": ["a:1"] }));
    expect(stage.sink.failing).toBeUndefined();
  });

  it("is gone when it is deleted", async () => {
    const dir = makeDirectory();
    writeFileSync(join(dir, "a.json"), groups(["a:1"]));
    const stage = new Stage([join(dir, "*.json")]);
    await stage.scans(1);
    writeFileSync(join(dir, "a.json"), "broken");
    await eventually(() => expect(stage.sink.failing).toBeDefined());
    expect(stage.addresses).toEqual({ "a.json:0": ["a:1"] });
    rmSync(join(dir, "a.json"));
    await eventually(() => expect(stage.addresses).toEqual({}));
    expect(stage.sink.failing).toBeUndefined();
  });

  it.each<{ name: string; make: (path: string) => void; says: string }>([
    { name: "a directory", make: (path) => mkdirSync(path), says: "it is no regular file" },
    {
      name: "a pipe, which would never end",
      make: (path) => void execFileSync("mkfifo", [path]),
      says: "it is no regular file",
    },
    { name: "a link to nothing", make: (path) => symlinkSync("nothing", path), says: "ENOENT" },
    { name: "a list with a null group", make: (path) => writeFileSync(path, "[null]"), says: "[0] must be a group" },
  ])("$name", async ({ make, says }) => {
    const path = join(makeDirectory(), "a.json");
    make(path);
    const stage = new Stage([path]);
    await stage.scans(1);
    expect(stage.sink.failing).toContain(says);
  });

  it("a pattern that is malformed is reported, while others are followed", async () => {
    const dir = makeDirectory();
    writeFileSync(join(dir, "a.json"), groups(["a:1"]));
    const stage = new Stage([join(dir, "[.json"), join(dir, "a.json")]);
    await stage.scans(1);
    expect(stage.addresses).toEqual({ "a.json:0": ["a:1"] });
    expect(stage.sink.failing).toContain(`"${dir}/[.json" is no path pattern`);
  });
});

describe("watching directories", () => {
  it("waits for a directory that does not exist, and says so", async () => {
    const clock = new FakeClock();
    const dir = join(makeDirectory(), "later");
    const stage = new Stage([join(dir, "*.json")], { clock });
    await stage.scans(1);
    expect([stage.sink.updates, stage.sink.failing]).toEqual([[], `file_sd_configs: directory ${dir} does not exist`]);
    expect(stage.counts.watchErrors).toBe(1);
    mkdirSync(dir);
    writeFileSync(join(dir, "a.json"), groups(["a:1"]));
    await clock.advance(5_000);
    await settle();
    await clock.advance(100);
    await stage.scans(2);
    expect([stage.addresses, stage.sink.failing]).toEqual([{ "a.json:0": ["a:1"] }, undefined]);
  });

  it("falls back to the refresh interval when it is not possible, and says so", async () => {
    const clock = new FakeClock();
    const dir = makeDirectory();
    writeFileSync(join(dir, "a.json"), groups(["a:1"]));
    const stage = new Stage([join(dir, "a.json")], { clock, watch: impossibleWatch });
    await stage.scans(1);
    expect(stage.sink.failing).toBe(
      `file_sd_configs: directory ${dir} cannot be watched, so changes are seen at the refresh interval: ` +
        "too many watches; raise fs.inotify.max_user_watches and max_user_instances",
    );
    writeFileSync(join(dir, "a.json"), groups(["a:2"]));
    await clock.advance(5 * 60_000);
    await settle();
    await clock.advance(100);
    await stage.scans(2);
    expect(stage.addresses).toEqual({ "a.json:0": ["a:2"] });
  });

  it("takes up a watch again that has ended by itself", async () => {
    const opened: { path: string; fail: (error: Error) => void; closed: boolean }[] = [];
    const watch: WatchDirectory = (path, _, onError) => {
      const one = { path, fail: onError, closed: false };
      opened.push(one);
      return { close: () => void (one.closed = true) };
    };
    const dir = makeDirectory();
    const stage = new Stage([join(dir, "a.json")], { watch });
    await stage.scans(1);
    opened[0]?.fail(new Error("gone"));
    await stage.scans(2);
    expect(opened.map(({ closed }) => closed)).toEqual([true, false]);
    await stage.stop();
    expect(opened.map(({ closed }) => closed)).toEqual([true, true]);
  });

  it("follows a path that leads to another directory, and one that comes back", async () => {
    const root = makeDirectory();
    const make = (name: string, address: string): void => {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, "a.json"), groups([address]));
    };
    make("now", "a:1");
    const stage = new Stage([join(root, "now", "*.json")]);
    await stage.scans(1);
    rmSync(join(root, "now"), { recursive: true });
    make("now", "a:2");
    await eventually(() => expect(stage.addresses).toEqual({ "a.json:0": ["a:2"] }), { everyMs: 10 });
    replaceFile(join(root, "now", "a.json"), groups(["a:3"]));
    await eventually(() => expect(stage.addresses).toEqual({ "a.json:0": ["a:3"] }), { everyMs: 10 });
  });

  it("leaves no timer and no watch when it is stopped", async () => {
    const clock = new FakeClock();
    const stage = new Stage([join(makeDirectory(), "a.json")], { clock });
    await stage.scans(1);
    await stage.stop();
    expect(clock.pending).toBe(0);
  });
});

it("an interval of 0 is refused", () => {
  expect(() => readFileSettings({ files: ["a.json"], refresh_interval: "0s" })).toThrow(
    "file_sd_configs: refresh_interval 0s must be longer than 0",
  );
});
