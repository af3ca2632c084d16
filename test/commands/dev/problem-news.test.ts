import { beforeEach, describe, expect, it } from "@jest/globals";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { ProblemNews } from "../../../src/commands/dev/problem-news.ts";
import type { PlacedObject } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { collector } from "../../support/collectors.ts";
import { FakeAllocation } from "../../support/fake-allocation.ts";

let objects: readonly PlacedObject[];
let allocation: FakeAllocation;
let news: ProblemNews;

beforeEach(() => {
  objects = [];
  allocation = new FakeAllocation();
  const listed = { namespace: "shop", name: "main", collectors: ["main"], allocation, revealSecrets: false };
  const directory = { find: () => listed, findAllocator: () => listed, list: () => [listed] };
  news = new ProblemNews({ cluster: { objects: () => objects }, directory });
});

/** A resource whose Degraded condition is this. */
function resource(status: "True" | "False", reason: string, message: string): PlacedObject {
  const type = RESOURCES.OpenTelemetryCollector;
  const conditions = [
    { type: "Ready", status: "False", reason: "ReconcileError", message },
    { type: "Degraded", status, reason, message },
  ];
  const object = {
    apiVersion: "opentelemetry.io/v1beta1",
    kind: "OpenTelemetryCollector",
    metadata: { name: "broken", namespace: "shop" },
    status: { conditions },
  };
  return { type, object };
}

describe("ProblemNews", () => {
  it("has none where all is well", () => {
    objects = [resource("False", "AsExpected", "Nothing is wrong.")];
    expect(news.next()).toBeUndefined();
  });

  it("tells a resource's problem once, tells it when it changes, and when it is solved", () => {
    objects = [resource("True", "ConfigInvalid", "no receivers")];
    expect(news.next()).toBe("  PROBLEM   shop/broken: ConfigInvalid: no receivers\n");
    expect(news.next()).toBeUndefined();
    objects = [resource("True", "ConfigInvalid", "no pipelines")];
    expect(news.next()).toBe("  PROBLEM   shop/broken: ConfigInvalid: no pipelines\n");
    objects = [];
    expect(news.next()).toBe("  solved    shop/broken: ConfigInvalid\n");
    expect(news.next()).toBeUndefined();
  });

  it("tells what is allowed and probably not meant", () => {
    const object = collector({ spec: { mode: "sidecar", targetAllocator: { enabled: false } } });
    objects = [{ type: RESOURCES.OpenTelemetryCollector, object }];
    expect(news.next()).toBe(
      "  PROBLEM   shop/main: ConfigWarning: not in effect in this version: spec.mode: sidecar\n",
    );
    expect(news.next()).toBeUndefined();
  });

  it("tells an allocation's problems one by one, with their jobs, and not as the condition joins them", () => {
    objects = [resource("True", "AllocationProblems", "web: JobRejected: bad regex")];
    allocation.found = [
      { job: "web", reason: "JobRejected", message: "bad regex" },
      { reason: "NoCollectors", message: "there are no collectors" },
    ];
    expect(news.next()).toBe(
      "  PROBLEM   shop/main job web: JobRejected: bad regex\n" +
        "  PROBLEM   shop/main: NoCollectors: there are no collectors\n",
    );
    allocation.found = [];
    expect(news.next()).toBe("  solved    shop/main job web: JobRejected\n  solved    shop/main: NoCollectors\n");
  });
});
