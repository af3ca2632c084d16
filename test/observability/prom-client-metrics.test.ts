import { describe, expect, it } from "@jest/globals";
import { eventually } from "../support/eventually.ts";
import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";

/** The sample lines, without HELP and TYPE. */
async function samples(metrics: PromClientMetrics): Promise<string[]> {
  return (await metrics.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

describe("PromClientMetrics", () => {
  it("exposes help, type and value in the Prometheus text format", async () => {
    const metrics = new PromClientMetrics();
    metrics.counter({ name: "passes_total", help: "Passes so far" }).with({}).inc(3);
    expect(metrics.contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await metrics.text()).toBe(
      "# HELP passes_total Passes so far\n# TYPE passes_total counter\npasses_total 3\n",
    );
  });

  it("shows a series from its first use on, with 0", async () => {
    const metrics = new PromClientMetrics();
    metrics.counter({ name: "a_total", help: "a", labelNames: ["job"] }).with({ job: "x" });
    metrics.gauge({ name: "b", help: "b", labelNames: ["job"] }).with({ job: "x" });
    metrics.histogram({ name: "c", help: "c", labelNames: ["job"], buckets: [1] }).with({ job: "x" });
    expect(await samples(metrics)).toEqual([
      'a_total{job="x"} 0',
      'b{job="x"} 0',
      'c_bucket{le="1",job="x"} 0',
      'c_bucket{le="+Inf",job="x"} 0',
      'c_sum{job="x"} 0',
      'c_count{job="x"} 0',
    ]);
  });

  it("gives the same series for the same labels, whatever their order", async () => {
    const metrics = new PromClientMetrics();
    const counter = metrics.counter({ name: "a_total", help: "a", labelNames: ["one", "two"] });
    counter.with({ one: "1", two: "2" }).inc();
    counter.with({ two: "2", one: "1" }).inc();
    expect(await samples(metrics)).toEqual(['a_total{one="1",two="2"} 2']);
  });

  it("moves gauges up and down", async () => {
    const metrics = new PromClientMetrics();
    const gauge = metrics.gauge({ name: "open", help: "open" }).with({});
    gauge.set(5);
    gauge.inc();
    gauge.inc(2);
    gauge.dec();
    gauge.dec(3);
    expect(await samples(metrics)).toEqual(["open 4"]);
  });

  it("asks for values just before each exposition, until it is unsubscribed", async () => {
    const metrics = new PromClientMetrics();
    const gauge = metrics.gauge({ name: "depth", help: "depth" });
    let depth = 1;
    const unsubscribe = gauge.onCollect(() => gauge.with({}).set(depth));
    expect(await samples(metrics)).toEqual(["depth 1"]);
    depth = 2;
    expect(await samples(metrics)).toEqual(["depth 2"]);
    unsubscribe();
    depth = 3;
    expect(await samples(metrics)).toEqual(["depth 2"]);
  });

  it("counts durations into buckets from a millisecond to a minute unless told otherwise", async () => {
    const metrics = new PromClientMetrics();
    metrics.histogram({ name: "took_seconds", help: "took" }).with({}).observe(0.3);
    const lines = await samples(metrics);
    expect(lines).toContain('took_seconds_bucket{le="0.25"} 0');
    expect(lines).toContain('took_seconds_bucket{le="0.5"} 1');
    expect(lines[0]).toBe('took_seconds_bucket{le="0.001"} 0');
    expect(lines).toContain('took_seconds_bucket{le="60"} 1');
  });

  it("shows a removed series no longer, and starts it anew with its next use", async () => {
    const metrics = new PromClientMetrics();
    const counter = metrics.counter({ name: "a_total", help: "a", labelNames: ["job"] });
    counter.with({ job: "x" }).inc();
    counter.with({ job: "y" }).inc();
    counter.remove({ job: "x" });
    counter.remove({ job: "never there" });
    expect(await samples(metrics)).toEqual(['a_total{job="y"} 1']);
    counter.with({ job: "x" }).inc();
    expect(await samples(metrics)).toContain('a_total{job="x"} 1');
  });

  it("gives the same metric to everybody who registers its name", async () => {
    const metrics = new PromClientMetrics();
    for (const controller of ["a", "b"]) {
      metrics
        .counter({ name: "passes_total", help: "passes", labelNames: ["controller"] })
        .with({ controller })
        .inc();
    }
    expect(await samples(metrics)).toEqual(['passes_total{controller="a"} 1', 'passes_total{controller="b"} 1']);
  });

  it.each([
    { name: "another kind", register: (metrics: PromClientMetrics) => metrics.gauge({ name: "a_total", help: "a" }) },
    {
      name: "other labels",
      register: (metrics: PromClientMetrics) => metrics.counter({ name: "a_total", help: "a", labelNames: ["job"] }),
    },
  ])("refuses a name that is taken with $name", ({ register }) => {
    const metrics = new PromClientMetrics();
    metrics.counter({ name: "a_total", help: "a" });
    expect(() => register(metrics)).toThrow("the name is taken by counter a_total{}");
  });

  it("keeps instances apart", async () => {
    const [one, other] = [new PromClientMetrics(), new PromClientMetrics()];
    one.counter({ name: "a_total", help: "a" }).with({}).inc();
    expect(await samples(other)).toEqual([]);
  });

  it("adds the metrics of the process when asked", async () => {
    const metrics = new PromClientMetrics();
    metrics.collectProcessMetrics();
    const text = await metrics.text();
    for (const name of ["process_cpu_seconds_total", "process_resident_memory_bytes", "nodejs_eventloop_lag_seconds"]) {
      expect(text).toContain(`# TYPE ${name} `);
    }
  });

  it("wakes a process at rest twenty times a second at most to see how late its event loop is", async () => {
    const metrics = new PromClientMetrics();
    metrics.collectProcessMetrics();
    const shortest = await eventually(async () => {
      const found = /^nodejs_eventloop_lag_min_seconds (.+)$/m.exec(await metrics.text());
      // Before the first look it is more than there are seconds in an hour.
      if (found === null || Number(found[1]) > 3_600) throw new Error("it has not looked yet");
      return Number(found[1]);
    });
    // What is told holds the time between two looks. A machine that is busy may be late for the one and not for the other.
    expect(shortest).toBeGreaterThan(0.02);
  });
});
