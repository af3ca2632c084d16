import { beforeEach, describe, expect, it } from "@jest/globals";
import type { KubeObject } from "../../src/api/meta.ts";
import { RESOURCES } from "../../src/api/resource-type.ts";
import type { ChangeEvent, WatchScope } from "../../src/kube/informer.ts";
import { SharedInformers } from "../../src/kube/shared-informers.ts";
import type { WatchSink } from "../../src/kube/watch-source.ts";

interface Started {
  readonly scope: WatchScope;
  readonly sink: WatchSink;
  stopped: boolean;
}

let started: Started[];
let errors: unknown[];
let informers: SharedInformers;

beforeEach(() => {
  started = [];
  errors = [];
  informers = new SharedInformers({
    source: (scope, sink) => {
      const watch: Started = { scope, sink, stopped: false };
      started.push(watch);
      return async () => {
        watch.stopped = true;
      };
    },
    onHandlerError: (error, scope) => errors.push([error, scope.type.kind]),
  });
});

const PODS = { type: RESOURCES.Pod };
const sinkOf = (index: number): WatchSink => (started[index] as Started).sink;
const pod = (name: string, version: number, uid = name): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "shop", uid, resourceVersion: String(version) },
});
const words =
  (into: string[]) =>
  (event: ChangeEvent): void => {
    const before = event.type === "updated" ? `${event.previous.metadata.resourceVersion}>` : "";
    into.push(`${event.type} ${event.object.metadata.name} ${before}${event.object.metadata.resourceVersion}`);
  };

describe("scopes", () => {
  it.each<{ name: string; one: WatchScope; other: WatchScope; shared: boolean }>([
    { name: "of equal fields", one: PODS, other: { type: RESOURCES.Pod }, shared: true },
    {
      name: "with empty and with absent fields",
      one: PODS,
      other: { ...PODS, namespace: "", labelSelector: "" },
      shared: true,
    },
    { name: "of the full shape by name and by default", one: PODS, other: { ...PODS, shape: "full" }, shared: true },
    {
      name: "of a cluster-scoped kind in whatever namespace",
      one: { type: RESOURCES.Node },
      other: { type: RESOURCES.Node, namespace: "shop" },
      shared: true,
    },
    { name: "of two kinds", one: PODS, other: { type: RESOURCES.Service }, shared: false },
    { name: "of two namespaces", one: PODS, other: { ...PODS, namespace: "shop" }, shared: false },
    { name: "of two label selectors", one: PODS, other: { ...PODS, labelSelector: "a" }, shared: false },
    { name: "of two field selectors", one: PODS, other: { ...PODS, fieldSelector: "a=b" }, shared: false },
    { name: "of two shapes", one: PODS, other: { ...PODS, shape: "discovery" }, shared: false },
  ])("$name share a watch: $shared", ({ one, other, shared }) => {
    informers.informer(one);
    informers.informer(other);
    expect(started).toHaveLength(shared ? 1 : 2);
    expect(informers.size).toBe(shared ? 1 : 2);
  });
});

describe("a shared watch", () => {
  it("stops with its last use, and starts anew with the next", () => {
    const uses = [informers.informer(PODS), informers.informer(PODS)];
    uses[0]?.release();
    uses[0]?.release();
    expect(started[0]?.stopped).toBe(false);
    uses[1]?.release();
    expect(started[0]?.stopped).toBe(true);
    informers.informer(PODS);
    expect(started).toHaveLength(2);
  });

  it("stops with the factory, and late releases harm no later watch", async () => {
    const early = informers.informer(PODS);
    await informers.close();
    expect([started[0]?.stopped, informers.size]).toEqual([true, 0]);
    informers.informer(PODS);
    early.release();
    expect([started[1]?.stopped, informers.size]).toEqual([false, 1]);
  });
});

describe("changes", () => {
  it("are told with what was before; states that are known are not", () => {
    const seen: string[] = [];
    informers.informer(PODS).onChange(words(seen));
    sinkOf(0).upsert(pod("a", 1));
    sinkOf(0).upsert(pod("a", 1));
    sinkOf(0).upsert(pod("a", 2));
    sinkOf(0).remove(pod("a", 3));
    sinkOf(0).remove(pod("a", 3));
    expect(seen).toEqual(["added a 1", "updated a 1>2", "deleted a 3"]);
  });

  it("of a complete list include what is gone, in its last known state", () => {
    const seen: string[] = [];
    informers.informer(PODS).onChange(words(seen));
    for (const name of ["a", "b"]) sinkOf(0).upsert(pod(name, 1));
    sinkOf(0).complete(new Set(["shop/b"]));
    expect(seen).toEqual(["added a 1", "added b 1", "deleted a 1"]);
  });

  it("show an object of another identity as the end of one and the begin of another", () => {
    const seen: string[] = [];
    informers.informer(PODS).onChange(words(seen));
    sinkOf(0).upsert(pod("a", 1, "first"));
    sinkOf(0).upsert(pod("a", 5, "second"));
    expect(seen).toEqual(["added a 1", "deleted a 1", "added a 5"]);
  });

  it("reach a handler that subscribes in the middle of one, once", () => {
    const seen: string[] = [];
    const informer = informers.informer(PODS);
    let subscribed = false;
    informer.onChange(() => {
      if (!subscribed) informer.onChange(words(seen));
      subscribed = true;
    });
    sinkOf(0).upsert(pod("a", 1));
    sinkOf(0).upsert(pod("b", 1));
    expect(seen).toEqual(["added a 1", "added b 1"]);
  });

  it("do not reach a handler that another one unsubscribes in the middle of one", () => {
    const seen: string[] = [];
    const informer = informers.informer(PODS);
    const subscription: { end?: () => void } = {};
    informer.onChange(() => subscription.end?.());
    subscription.end = informer.onChange(words(seen));
    sinkOf(0).upsert(pod("a", 1));
    expect(seen).toEqual([]);
  });

  it("reach the others when a handler throws, which is reported", () => {
    const seen: string[] = [];
    const informer = informers.informer(PODS);
    const failure = new Error("on purpose");
    sinkOf(0).upsert(pod("a", 1));
    informer.onChange(() => {
      throw failure;
    });
    informer.onChange(words(seen));
    sinkOf(0).upsert(pod("b", 1));
    expect(seen).toEqual(["added a 1", "added b 1"]);
    expect(errors).toEqual([
      [failure, "Pod"],
      [failure, "Pod"],
    ]);
  });
});

describe("synchronisation", () => {
  it("comes with the first complete list, and stays", async () => {
    const informer = informers.informer(PODS);
    const waiting = informer.whenSynced(new AbortController().signal);
    sinkOf(0).upsert(pod("a", 1));
    expect(informer.synced).toBe(false);
    sinkOf(0).complete(new Set(["shop/a"]));
    await waiting;
    await informer.whenSynced(new AbortController().signal);
    expect(informers.informer(PODS).synced).toBe(true);
  });

  it("is waited for no longer than the signal says", async () => {
    const stop = new AbortController();
    const waiting = informers.informer(PODS).whenSynced(stop.signal);
    const reason = new Error("enough");
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});

describe("health", () => {
  it("is told when it changes, and at once when it is bad", () => {
    const informer = informers.informer(PODS);
    const [early, late]: [(string | undefined)[], (string | undefined)[]] = [[], []];
    informer.onHealth((error) => early.push(error?.message));
    sinkOf(0).health(undefined);
    sinkOf(0).health(new Error("refused"));
    sinkOf(0).health(new Error("refused"));
    sinkOf(0).health(new Error("forbidden"));
    const end = informer.onHealth((error) => late.push(error?.message));
    sinkOf(0).health(undefined);
    end();
    sinkOf(0).health(new Error("refused"));
    expect(early).toEqual(["refused", "forbidden", undefined, "refused"]);
    expect(late).toEqual(["forbidden", undefined]);
  });

  it("is told to the others when a handler throws", () => {
    const seen: unknown[] = [];
    const informer = informers.informer(PODS);
    informer.onHealth(() => {
      throw new Error("on purpose");
    });
    informer.onHealth((error) => seen.push(error?.message));
    sinkOf(0).health(new Error("refused"));
    expect(seen).toEqual(["refused"]);
    expect(errors).toHaveLength(1);
  });
});
