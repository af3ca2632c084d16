import { beforeEach, describe, expect, it } from "@jest/globals";
import type { KubeObject } from "../../../src/api/meta.ts";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { KubeEventRecorder, type ObjectEvent } from "../../../src/controllers/runtime/event-recorder.ts";
import { ForbiddenError } from "../../../src/kube/errors.ts";
import { InMemoryCluster } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { FlakyConnection } from "../../support/flaky-client.ts";
import { MemoryLogger } from "../../support/memory-logger.ts";

interface Event extends KubeObject {
  readonly note: string;
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

const collector: KubeObject = {
  apiVersion: "opentelemetry.io/v1beta1",
  kind: "OpenTelemetryCollector",
  metadata: { name: "otel", namespace: "shop", uid: "u1", resourceVersion: "7" },
};
const failed: ObjectEvent = { type: "Warning", reason: "ConfigInvalid", action: "Render", note: "no receivers" };

let clock: FakeClock;
let log: MemoryLogger;
let connection: FlakyConnection;
let recorder: KubeEventRecorder;

beforeEach(() => {
  clock = new FakeClock();
  log = new MemoryLogger();
  connection = new FlakyConnection(new InMemoryCluster({ missingNamespaces: "create" }).client("test"));
  recorder = new KubeEventRecorder({
    client: connection.client,
    clock,
    log,
    controller: "opentelemetry.io/otel-allocator",
    instance: "operator-1",
  });
});

async function events(): Promise<readonly Event[]> {
  connection.state = "up";
  return connection.client.list<Event>(RESOURCES.Event);
}

const never = new AbortController().signal;

describe("KubeEventRecorder", () => {
  it("writes an Event about the object at once", async () => {
    recorder.record(collector, failed);
    await settle();
    expect(await events()).toMatchObject([
      {
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { name: expect.stringMatching(/^otel\.[0-9a-f]{16}$/), namespace: "shop" },
        eventTime: "2026-01-01T00:00:00.000000Z",
        type: "Warning",
        reason: "ConfigInvalid",
        action: "Render",
        note: "no receivers",
        regarding: {
          apiVersion: "opentelemetry.io/v1beta1",
          kind: "OpenTelemetryCollector",
          namespace: "shop",
          name: "otel",
          uid: "u1",
          resourceVersion: "7",
        },
        reportingController: "opentelemetry.io/otel-allocator",
        reportingInstance: "operator-1",
      },
    ]);
    expect((await events())[0]?.series).toBeUndefined();
  });

  it("says that the action was to reconcile unless told otherwise", async () => {
    recorder.record(collector, { type: "Normal", reason: "Applied", note: "5 objects" });
    await settle();
    expect(await events()).toMatchObject([{ type: "Normal", action: "Reconcile" }]);
  });

  it.each([
    { name: "an object without namespace in default", metadata: { name: "n1" }, namespace: "default", stem: "n1" },
    {
      name: "a name that Events must not have",
      metadata: { name: "system:Node" },
      namespace: "default",
      stem: "system-node",
    },
    { name: "a name of full length", metadata: { name: "a".repeat(253) }, namespace: "default", stem: "a".repeat(236) },
    {
      name: "a name whose cut would end in a dash",
      metadata: { name: `${"a".repeat(235)}-${"b".repeat(17)}` },
      namespace: "default",
      stem: "a".repeat(235),
    },
  ])("writes about $name", async ({ metadata, namespace, stem }) => {
    recorder.record({ apiVersion: "v1", kind: "Node", metadata }, failed);
    await settle();
    const [event] = await events();
    expect(event?.metadata.namespace).toBe(namespace);
    expect(event?.metadata.name.replace(/\.[0-9a-f]{16}$/, "")).toBe(stem);
  });

  it.each([
    { name: "a short note", note: "ünïcödé", want: "ünïcödé" },
    { name: "1024 bytes", note: "x".repeat(1_024), want: "x".repeat(1_024) },
    { name: "one byte more", note: "x".repeat(1_025), want: `${"x".repeat(1_021)}…` },
    { name: "characters of several bytes", note: "ü".repeat(1_000), want: `${"ü".repeat(510)}…` },
  ])("keeps the note within 1024 bytes: $name", async ({ note, want }) => {
    recorder.record(collector, { ...failed, note });
    await settle();
    const [event] = await events();
    expect(event?.note).toBe(want);
    expect(Buffer.byteLength(event?.note ?? "")).toBeLessThanOrEqual(1_024);
  });

  describe("counts repetitions", () => {
    it("in the series of one Event, with few requests", async () => {
      for (let second = 0; second < 60; second += 1) {
        recorder.record(collector, failed);
        await clock.advance(1_000);
      }
      await clock.advance(30_000);
      expect(await events()).toMatchObject([
        { series: { count: 60, lastObservedTime: "2026-01-01T00:00:59.000000Z" } },
      ]);
      expect(connection.calls.filter((call) => call !== "list Event")).toEqual([
        "create Event",
        "mergePatch Event",
        "mergePatch Event",
      ]);
      expect(clock.pending).toBe(0);
    });

    it("as a new Event after ten minutes without one", async () => {
      recorder.record(collector, failed);
      await clock.advance(599_999);
      recorder.record(collector, failed);
      await clock.advance(600_000);
      recorder.record(collector, failed);
      await settle();
      expect((await events()).map(({ series }) => series?.count)).toEqual([2, undefined]);
    });

    it.each<{ name: string; object?: KubeObject; event?: Partial<ObjectEvent> }>([
      { name: "another note", event: { note: "no exporters" } },
      { name: "another reason", event: { reason: "ApplyFailed" } },
      { name: "another type", event: { type: "Normal" } },
      { name: "another action", event: { action: "Apply" } },
      { name: "another object", object: { ...collector, metadata: { name: "other", namespace: "shop" } } },
      {
        name: "a later object of the same name",
        object: { ...collector, metadata: { ...collector.metadata, uid: "u2" } },
      },
    ])("apart for $name", async ({ object = collector, event = {} }) => {
      recorder.record(collector, failed);
      recorder.record(object, { ...failed, ...event });
      await settle();
      expect(await events()).toHaveLength(2);
    });

    it("also of those that came before the first write", async () => {
      for (let count = 0; count < 3; count += 1) recorder.record(collector, failed);
      await clock.advance(30_000);
      expect(await events()).toMatchObject([{ series: { count: 3 } }]);
    });

    it("into the same Event, made anew, when somebody has deleted it", async () => {
      recorder.record(collector, failed);
      await settle();
      const [event] = await events();
      await connection.client.delete(RESOURCES.Event, { namespace: "shop", name: event?.metadata.name ?? "" });
      recorder.record(collector, failed);
      await clock.advance(30_000);
      expect(await events()).toMatchObject([{ metadata: { name: event?.metadata.name }, series: { count: 2 } }]);
    });
  });

  it("writes no more than 25 different Events of one object at once", async () => {
    for (let index = 0; index < 100; index += 1) recorder.record(collector, { ...failed, note: `attempt ${index}` });
    await clock.advance(0);
    expect(await events()).toHaveLength(25);
    expect(log.messages("debug")).toHaveLength(75);
  });

  it("remembers a bounded number of series", async () => {
    const object = (name: string): KubeObject => ({ ...collector, metadata: { name, namespace: "shop" } });
    recorder.record(object("old"), failed);
    await settle();
    for (let index = 0; index < 4_096; index += 1) recorder.record(object(`a${index}`), failed);
    recorder.record(object("old"), failed);
    await settle();
    const ofOld = (await events()).filter(({ metadata }) => metadata.name.startsWith("old."));
    expect(ofOld.map(({ series }) => series)).toEqual([undefined, undefined]);
  });

  describe("when the API server", () => {
    it("is away for a moment, writes later, in order", async () => {
      connection.state = "down";
      recorder.record(collector, failed);
      recorder.record(collector, { ...failed, note: "second" });
      await clock.advance(1_500);
      connection.state = "up";
      await clock.advance(2_000);
      expect((await events()).map(({ note }) => note)).toEqual(["no receivers", "second"]);
    });

    it("is away for long, drops the Event, says so, and goes on", async () => {
      connection.state = "down";
      recorder.record(collector, failed);
      await clock.advance(60_000);
      expect(log.messages("warn")).toEqual(["event not recorded"]);
      connection.state = "up";
      recorder.record(collector, failed);
      await settle();
      expect(await events()).toMatchObject([{ series: { count: 2 } }]);
    });

    it("refuses, does not try again", async () => {
      connection.refusal = new ForbiddenError("creating Event: forbidden", { status: 403, reason: "Forbidden" });
      recorder.record(collector, failed);
      await settle();
      expect([connection.calls, log.messages("warn"), clock.pending]).toEqual([
        ["create Event"],
        ["event not recorded"],
        0,
      ]);
    });

    it("refuses in a namespace, says so once and leaves it alone for ten minutes", async () => {
      connection.refusal = new ForbiddenError("creating Event: forbidden", { status: 403, reason: "Forbidden" });
      recorder.record(collector, failed);
      await settle();
      recorder.record(collector, { ...failed, note: "second" });
      await settle();
      expect(connection.calls).toHaveLength(1);
      await clock.advance(600_000);
      connection.refusal = undefined;
      recorder.record(collector, { ...failed, note: "third" });
      await settle();
      expect((await events()).map(({ note }) => note)).toEqual(["third"]);
      expect(log.messages("warn")).toEqual(["event not recorded"]);
    });
  });

  describe("close", () => {
    it("writes what waits, and records nothing afterwards", async () => {
      recorder.record(collector, failed);
      await settle();
      recorder.record(collector, failed);
      await recorder.close(never);
      recorder.record(collector, { ...failed, note: "too late" });
      await settle();
      expect(await events()).toMatchObject([{ note: "no receivers", series: { count: 2 } }]);
      expect(clock.pending).toBe(0);
    });

    it("is done at once when nothing waits", async () => {
      await recorder.close(never);
      expect(connection.calls).toEqual([]);
    });

    it("drops what is not written when its time is up", async () => {
      connection.state = "hung";
      recorder.record(collector, failed);
      recorder.record(collector, { ...failed, note: "second" });
      const stop = new AbortController();
      const closing = recorder.close(stop.signal);
      stop.abort(new Error("time is up"));
      await closing;
      expect(await events()).toEqual([]);
      expect(clock.pending).toBe(0);
    });
  });
});
