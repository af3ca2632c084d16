import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, describe, expect, it, jest } from "@jest/globals";

import { followFile } from "../../../src/commands/target-allocator/followed-file.ts";
import { watchDirectory, type WatchDirectory } from "../../../src/discovery/file/directory-watches.ts";
import type { Clock } from "../../../src/observability/clock.ts";
import { systemClock } from "../../../src/observability/system-clock.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

// Real files on a machine that may be busy.
jest.setTimeout(60_000);

const makeDirectory = temporaryDirectories();
const stages: Stage[] = [];

afterEach(async () => {
  await Promise.all(stages.splice(0).map(async (stage) => stage.stop()));
});

const FIRST = "jobs: [a]\n";
const SECOND = "jobs: [a, b]\n";

interface StageOptions {
  readonly text?: string;
  readonly clock?: Clock;
  readonly watch?: WatchDirectory;
}

/** A file that is followed until the test ends. */
class Stage {
  /** Everything that was told: contents, or the code of what kept it from being read. */
  readonly told: string[] = [];
  readonly unwatched: string[] = [];
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(path: string, { text = FIRST, clock = systemClock, watch = watchDirectory }: StageOptions = {}) {
    this.#done = followFile(
      {
        path,
        text,
        clock,
        watchDirectory: watch,
        onText: (changed) => this.told.push(changed),
        onUnreadable: ({ code = "" }) => this.told.push(code),
        onUnwatched: ({ error }) => this.unwatched.push(error.message),
      },
      this.#stop.signal,
    );
    stages.push(this);
  }

  /** Waits until so much was told, and returns it. */
  async first(count: number): Promise<readonly string[]> {
    const look = (): void => {
      if (this.told.length < count) throw new Error(`told ${JSON.stringify(this.told)}`);
    };
    await eventually(look, { everyMs: 20 });
    return this.told;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}

/** A directory as the kubelet mounts a ConfigMap. */
class MountedConfigMap {
  readonly path: string;
  readonly #dir: string;
  #version = 0;

  constructor(dir: string, text: string) {
    this.#dir = dir;
    this.path = join(dir, "targetallocator.yaml");
    this.swap(text);
    symlinkSync("..data/targetallocator.yaml", this.path);
  }

  swap(text: string): void {
    const before = `..version_${String(this.#version)}`;
    this.#version += 1;
    const name = `..version_${String(this.#version)}`;
    mkdirSync(join(this.#dir, name));
    writeFileSync(join(this.#dir, name, "targetallocator.yaml"), text);
    symlinkSync(name, join(this.#dir, "..data_tmp"));
    renameSync(join(this.#dir, "..data_tmp"), join(this.#dir, "..data"));
    rmSync(join(this.#dir, before), { recursive: true, force: true });
  }
}

function writtenFile(text = FIRST): string {
  const path = join(makeDirectory(), "config.yaml");
  writeFileSync(path, text);
  return path;
}

describe("followFile tells of a new content", () => {
  it("when a mounted ConfigMap is swapped, again and again", async () => {
    const mounted = new MountedConfigMap(makeDirectory(), FIRST);
    const stage = new Stage(mounted.path);
    mounted.swap(SECOND);
    expect(await stage.first(1)).toEqual([SECOND]);
    mounted.swap(FIRST);
    expect(await stage.first(2)).toEqual([SECOND, FIRST]);
  });

  it.each<{ name: string; change: (path: string) => void }>([
    { name: "is rewritten in place", change: (path) => writeFileSync(path, SECOND) },
    {
      name: "is replaced by a rename, as editors save",
      change(path) {
        writeFileSync(`${path}.swp`, SECOND);
        renameSync(path, `${path}~`);
        renameSync(`${path}.swp`, path);
      },
    },
    {
      name: "is deleted and made again",
      change(path) {
        unlinkSync(path);
        writeFileSync(path, SECOND);
      },
    },
    {
      name: "becomes a link to another one",
      change(path) {
        writeFileSync(`${path}.other`, SECOND);
        unlinkSync(path);
        symlinkSync(`${path}.other`, path);
      },
    },
  ])("when the file $name", async ({ change }) => {
    const path = writtenFile();
    const stage = new Stage(path);
    change(path);
    expect(await stage.first(1)).toEqual([SECOND]);
  });

  it("when a link in the file's place leads to another directory, and the file there is rewritten", async () => {
    const real = writtenFile();
    const path = join(makeDirectory(), "link.yaml");
    symlinkSync(real, path);
    const stage = new Stage(path);
    writeFileSync(real, SECOND);
    expect(await stage.first(1)).toEqual([SECOND]);
  });

  it("when it was changed before the first look", async () => {
    const stage = new Stage(writtenFile(SECOND));
    expect(await stage.first(1)).toEqual([SECOND]);
  });

  it("when the file has come back, be it as it was", async () => {
    const path = writtenFile();
    const stage = new Stage(path);
    unlinkSync(path);
    expect(await stage.first(1)).toEqual(["ENOENT"]);
    writeFileSync(path, FIRST);
    expect(await stage.first(2)).toEqual(["ENOENT", FIRST]);
  });
});

/** Nothing is seen but by looking, and time passes only as told: in small steps, with time for real reads between. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    await clock.advance(50);
    await eventually(
      () => {
        if (clock.pending === 0) throw new Error("still reading");
      },
      { everyMs: 1 },
    );
  }
}
const noWatch: WatchDirectory = () => ({ close: () => undefined });
/** With a watch that the test triggers. */
function watched(): { readonly watch: WatchDirectory; readonly notify: () => void } {
  const handlers = new Set<() => void>();
  return {
    watch(_path, onChange) {
      handlers.add(onChange);
      return { close: () => handlers.delete(onChange) };
    },
    notify: () => {
      for (const handler of handlers) handler();
    },
  };
}

const impossibleWatch: WatchDirectory = () => {
  throw Object.assign(new Error("too many watches"), { code: "ENOSPC" });
};

describe("followFile waits", () => {
  it.each<{ name: string; half: string }>([
    { name: "is empty", half: "" },
    { name: "has comments only", half: "# jobs of the shop\n" },
    { name: "ends in the middle of a line", half: "jobs: [c" },
    { name: "is the beginning of what was there before", half: "jobs:\n- a\n" },
  ])("two seconds for a file that $name, which is mostly a writer at work", async ({ half }) => {
    const before = "jobs:\n- a\n- b\n";
    const path = writtenFile(before);
    const clock = new FakeClock();
    const { watch, notify } = watched();
    const stage = new Stage(path, { text: before, clock, watch });
    await pass(clock, 100);
    writeFileSync(path, half);
    notify();
    await pass(clock, 1_500);
    expect(stage.told).toEqual([]);
    writeFileSync(path, "jobs:\n- c\n");
    notify();
    await pass(clock, 500);
    expect(stage.told).toEqual(["jobs:\n- c\n"]);
    writeFileSync(path, half);
    notify();
    await pass(clock, 2_500);
    expect(stage.told.at(-1)).toBe(half);
  });

  it("for a writer that goes on: only what stays counts", async () => {
    const path = writtenFile();
    const clock = new FakeClock();
    const { watch, notify } = watched();
    const stage = new Stage(path, { clock, watch });
    for (let line = 1; line <= 10; line += 1) {
      writeFileSync(path, `jobs:\n${"- a\n".repeat(line)}`);
      notify();
      await pass(clock, 100);
    }
    expect(stage.told).toEqual([]);
    await pass(clock, 400);
    expect(stage.told).toEqual([`jobs:\n${"- a\n".repeat(10)}`]);
  });

  it("no longer than that where directories cannot be watched, and says so once", async () => {
    const path = writtenFile();
    const clock = new FakeClock();
    const stage = new Stage(path, { clock, watch: impossibleWatch });
    await pass(clock, 1_000);
    writeFileSync(path, SECOND);
    await pass(clock, 11_000);
    expect(stage.told).toEqual([SECOND]);
    expect(stage.unwatched).toEqual(["too many watches"]);
  });

  it("no longer than ten seconds where no change is seen, and says nothing of equal contents", async () => {
    const path = writtenFile();
    const clock = new FakeClock();
    const stage = new Stage(path, { clock, watch: noWatch });
    await pass(clock, 11_000);
    writeFileSync(path, FIRST);
    await pass(clock, 11_000);
    expect(stage.told).toEqual([]);
    writeFileSync(path, SECOND);
    await pass(clock, 11_000);
    expect(stage.told).toEqual([SECOND]);
    await stage.stop();
    expect(clock.pending).toBe(0);
  });
});
