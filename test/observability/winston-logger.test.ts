import { Writable } from "node:stream";
import { beforeEach, describe, expect, it } from "@jest/globals";
import type { TimeEncoding } from "../../src/observability/log-entry.ts";
import type { Logger } from "../../src/observability/logger.ts";
import { createWinstonLogger, type WinstonLoggerOptions } from "../../src/observability/winston-logger.ts";
import { FakeClock } from "../support/fake-clock.ts";

let written: string;

beforeEach(() => {
  written = "";
});

function loggerOf(options: Partial<WinstonLoggerOptions> = {}): Logger {
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      done();
    },
  });
  return createWinstonLogger({ clock: new FakeClock(Date.UTC(2026, 0, 1, 12, 0, 0, 120)), stream, ...options });
}

const entries = (): unknown[] =>
  written
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);

describe("createWinstonLogger", () => {
  it("writes one JSON object per line: level, ts, logger, msg, then the fields", () => {
    const log = loggerOf().child({ logger: "allocator" });
    log.info("target assigned", { job: "web", collector: "c-0" });
    log.warn("job quarantined", { job: "db" });
    expect(written).toBe(
      '{"level":"info","ts":"2026-01-01T12:00:00Z","logger":"allocator","msg":"target assigned","job":"web","collector":"c-0"}\n' +
        '{"level":"warn","ts":"2026-01-01T12:00:00Z","logger":"allocator","msg":"job quarantined","job":"db"}\n',
    );
  });

  it.each([
    { level: "debug", want: ["debug", "info", "warn", "error"] },
    { level: "info", want: ["info", "warn", "error"] },
    { level: "warn", want: ["warn", "error"] },
    { level: "error", want: ["error"] },
  ] as const)("writes from level $level on", ({ level, want }) => {
    const log = loggerOf({ level });
    for (const one of ["debug", "info", "warn", "error"] as const) log[one]("said");
    expect(entries()).toMatchObject(want.map((one) => ({ level: one })));
  });

  it("takes other keys and upper-case levels, and keeps fields of the same names apart", () => {
    const keys = { level: "severity", time: "timestamp", message: "message" };
    loggerOf({ keys, levelFormat: "uppercase" }).info("said", { message: "m", msg: "n" });
    expect(written).toBe(
      '{"severity":"INFO","timestamp":"2026-01-01T12:00:00Z","message":"said","message_":"m","msg":"n"}\n',
    );
  });

  it.each<{ time: TimeEncoding; want: string }>([
    { time: "rfc3339", want: '"2026-01-01T12:00:00Z"' },
    { time: "rfc3339nano", want: '"2026-01-01T12:00:00.12Z"' },
    { time: "iso8601", want: '"2026-01-01T12:00:00.120Z"' },
    { time: "epoch", want: "1767268800.12" },
    { time: "millis", want: "1767268800120" },
    { time: "nanos", want: "1767268800120000000" },
  ])("writes the time as $time", ({ time, want }) => {
    loggerOf({ time }).info("said");
    expect(written).toBe(`{"level":"info","ts":${want},"msg":"said"}\n`);
  });

  it("writes whole seconds without decimals as rfc3339nano", () => {
    loggerOf({ time: "rfc3339nano", clock: new FakeClock() }).info("said");
    expect(entries()).toMatchObject([{ ts: "2026-01-01T00:00:00Z" }]);
  });

  it("gives children the fields of their parents, which keep theirs", () => {
    const parent = loggerOf().child({ logger: "controller", controller: "collector" });
    const child = parent.child({ name: "otel", controller: "allocator" });
    child.info("said", { name: "other" });
    parent.info("said");
    expect(entries()).toMatchObject([
      { logger: "controller", controller: "allocator", name: "other" },
      { logger: "controller", controller: "collector" },
    ]);
    expect(entries()[1]).not.toHaveProperty("name");
  });

  describe("an error", () => {
    const error = new Error("applying Service shop/web", {
      cause: Object.assign(new Error("refused"), { code: "ECONNREFUSED" }),
    });

    it("is written with its causes, its code and its stack", () => {
      loggerOf().error("reconcile failed", { error });
      expect(entries()).toMatchObject([
        {
          error: "applying Service shop/web: refused",
          errorCode: "ECONNREFUSED",
          stacktrace: expect.stringMatching(/^Error: applying Service shop\/web\n {4}at [^]*caused by: Error: refused/),
        },
      ]);
    });

    it("is written without its stack below level error", () => {
      loggerOf().warn("will be retried", { error });
      expect(entries()).toEqual([expect.not.objectContaining({ stacktrace: expect.anything() })]);
      expect(entries()).toMatchObject([{ error: "applying Service shop/web: refused" }]);
    });

    it("may be anything that was thrown", () => {
      loggerOf().error("reconcile failed", { error: "refused" });
      expect(entries()).toMatchObject([{ error: "refused" }]);
    });
  });

  it("writes what JSON cannot hold as what it is, and never throws", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    loggerOf().info("said", {
      big: 12345678901234567890n,
      map: new Map([["a", 1]]),
      set: new Set([1, 2]),
      nested: { error: new Error("refused") },
      absent: undefined,
      nothing: null,
      symbol: Symbol("s"),
      circle,
    });
    expect(entries()).toMatchObject([
      {
        big: "12345678901234567890",
        map: { a: 1 },
        set: [1, 2],
        nested: { error: "refused" },
        nothing: null,
        symbol: "Symbol(s)",
        circle: expect.stringMatching(/^cannot be logged: Converting circular structure/),
      },
    ]);
    expect(entries()[0]).not.toHaveProperty("absent");
  });

  it("keeps its own keys, and fields of the same names beside them", () => {
    loggerOf().info("said", { level: 3, ts: 1, msg: "x", message: "y", splat: "z", stacktrace: "s" });
    expect(entries()).toEqual([
      {
        level: "info",
        ts: "2026-01-01T12:00:00Z",
        msg: "said",
        level_: 3,
        ts_: 1,
        msg_: "x",
        message: "y",
        splat: "z",
        stacktrace_: "s",
      },
    ]);
  });

  it("keeps one entry on one line, whatever is in it", () => {
    loggerOf().info("two\nlines %s", { field: "a\r\nb\u2028c" });
    expect(written.match(/\n/g)).toHaveLength(1);
    expect(entries()).toMatchObject([{ msg: "two\nlines %s", field: "a\r\nb\u2028c" }]);
  });

  describe("with the console encoding", () => {
    it("writes columns for people", () => {
      const log = loggerOf({ encoding: "console" });
      log.info("started");
      log.child({ logger: "setup" }).warn("slow", { ms: 1_200, who: "etcd" });
      expect(written).toBe(
        '2026-01-01T12:00:00Z\tINFO\tstarted\n2026-01-01T12:00:00Z\tWARN\tsetup\tslow\t{"ms":1200, "who":"etcd"}\n',
      );
    });

    it("writes the stack of an error on lines of its own", () => {
      const log = loggerOf({ encoding: "console" });
      log.error("failed", { job: "web", error: new Error("refused") });
      const [first, second, third] = written.split("\n");
      expect(first).toBe('2026-01-01T12:00:00Z\tERROR\tfailed\t{"job":"web", "error":"refused"}');
      expect([second, third?.startsWith("    at ")]).toEqual(["Error: refused", true]);
    });
  });
});
