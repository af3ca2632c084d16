import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import { systemClock } from "../../src/observability/system-clock.ts";
import { WeightFeed } from "../../src/pipeline/weight-feed.ts";
import { eventually } from "../support/eventually.ts";
import { MemoryLogger } from "../support/memory-logger.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const makeDirectory = temporaryDirectories();
let feed: WeightFeed;
let fed: unknown[];
let path: string;
let log: MemoryLogger;
let changes: number;

beforeEach(() => {
  fed = [];
  changes = 0;
  log = new MemoryLogger();
  path = join(makeDirectory(), "weights.json");
  feed = new WeightFeed({
    clock: systemClock,
    log,
    onWeights: (weights) => {
      fed.push(Object.fromEntries([...weights].map(([job, of]) => [job, Object.fromEntries(of)])));
    },
    onStateChange: () => {
      changes += 1;
    },
  });
});

afterEach(async () => {
  await feed.stop();
});

const write = (content: unknown): void => writeFileSync(path, JSON.stringify(content));

describe("WeightFeed", () => {
  it("has nothing to wait for without a file", () => {
    feed.use(undefined);
    expect(feed).toMatchObject({ settled: true, error: undefined });
    expect(fed).toEqual([]);
  });

  it("feeds what the file says, and what it says later", async () => {
    write({ web: { "a:1": 5 } });
    feed.use(path);
    expect(feed.settled).toBe(false);
    await eventually(() => expect(fed).toEqual([{ web: { "a:1": 5 } }]));
    expect(feed.settled).toBe(true);
    write({ web: { "a:1": 6 } });
    await eventually(() => expect(fed.at(-1)).toEqual({ web: { "a:1": 6 } }));
  });

  it("sees a file that takes the place of the old one", async () => {
    write({ web: { "a:1": 5 } });
    feed.use(path);
    await eventually(() => expect(fed).toHaveLength(1));
    writeFileSync(`${path}.new`, JSON.stringify({ web: { "b:1": 7 } }));
    renameSync(`${path}.new`, path);
    await eventually(() => expect(fed.at(-1)).toEqual({ web: { "b:1": 7 } }));
  });

  it("settles on a file that cannot be used, says why, and keeps what was read before", async () => {
    write({ web: { "a:1": 5 } });
    feed.use(path);
    await eventually(() => expect(fed).toHaveLength(1));
    write({ web: "heavy" });
    await eventually(() => {
      expect(feed.error?.message).toBe(`weights_file ${path}: job "web": must be a mapping of instances to numbers`);
    });
    expect(fed).toHaveLength(1);
    expect(log.entries.map(({ message }) => message)).toEqual(["weights cannot be read"]);
    write({ web: { "a:1": 5 } });
    await eventually(() => expect(feed.error).toBeUndefined());
    expect(log.entries.at(-1)?.message).toBe("weights can be read again");
  });

  it("says that the file is not there, and takes it when it comes", async () => {
    feed.use(path);
    await eventually(() => expect(feed.error?.message).toMatch(/^weights_file .*ENOENT/));
    expect(feed.settled).toBe(true);
    expect(changes).toBe(1);
    write({ web: { "a:1": 5 } });
    await eventually(() => expect(feed.error).toBeUndefined());
    rmSync(path);
    await eventually(() => expect(feed.error?.message).toMatch(/ENOENT/));
  });

  it("says that the directory is not there", async () => {
    feed.use("/nowhere/at-all/weights.json");
    await eventually(() => expect(feed.error?.message).toMatch(/ENOENT/));
  });

  it("forgets what was measured when there is no file any more", async () => {
    write({ web: { "a:1": 5 } });
    feed.use(path);
    await eventually(() => expect(fed).toHaveLength(1));
    feed.use(undefined);
    expect(fed.at(-1)).toEqual({});
    expect(feed).toMatchObject({ settled: true, error: undefined });
  });
});
