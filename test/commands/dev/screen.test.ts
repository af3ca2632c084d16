import { describe, expect, it } from "@jest/globals";
import { AllocationNews } from "../../../src/commands/dev/allocation-news.ts";
import { countMoved } from "../../../src/commands/dev/moved-targets.ts";
import { changeLines, suggestions } from "../../../src/commands/dev/screen.ts";
import type { ListedAllocation } from "../../../src/http/allocation-directory.ts";
import { snapshotOf, target } from "../../support/allocation-snapshot.ts";
import { FakeAllocation } from "../../support/fake-allocation.ts";

const [a, b, c] = ["a:1", "b:1", "c:1"].map((address) => target({ __address__: address }));
const shares = (byCollector: Record<string, (typeof a)[]>): ReturnType<typeof snapshotOf> =>
  snapshotOf({
    collectors: Object.keys(byCollector),
    jobs: {
      web: {
        shares: Object.fromEntries(
          Object.entries(byCollector).map(([name, targets]) => [name, targets.filter((one) => one !== undefined)]),
        ),
      },
    },
  });

describe("countMoved", () => {
  it.each([
    ["nothing when nothing moves", { x: [a], y: [b] }, { x: [a], y: [b] }, 0],
    ["a target with another owner", { x: [a, b], y: [c] }, { x: [a], y: [b, c] }, 1],
    ["not those that come or go", { x: [a, b] }, { x: [a, c] }, 0],
  ])("counts %s", (_name, before, after, want) => {
    expect(countMoved(shares(before), shares(after))).toBe(want);
  });
});

describe("AllocationNews", () => {
  it("tells each state once, and how many targets moved", () => {
    const allocation = new FakeAllocation();
    const listed: ListedAllocation = {
      namespace: "shop",
      name: "main",
      collectors: ["main"],
      allocation,
      revealSecrets: false,
    };
    const news = new AllocationNews({ find: () => listed, findAllocator: () => listed, list: () => [listed] });
    allocation.missing = ["collectors"];
    expect(news.next()).toBeUndefined();
    allocation.missing = [];
    allocation.current = shares({ x: [a, b], y: [c] });
    expect(news.next()).toBe("  shop/main: 3 targets of 1 job over x 2, y 1\n");
    expect(news.next()).toBeUndefined();
    allocation.current = shares({ x: [a, c], y: [b] });
    expect(news.next()).toBe("  shop/main: 3 targets of 1 job over x 2, y 1; 2 moved\n");
    allocation.current = snapshotOf({ jobs: { web: { unassigned: a === undefined ? [] : [a] } } });
    expect(news.next()).toBe("  shop/main: 0 targets of 1 job, no collector; 1 unassigned\n");
  });
});

describe("changeLines", () => {
  it("names a few objects and counts the rest, and tells all problems", () => {
    const change = {
      applied: ["Pod default/a", "Pod default/b", "Pod default/c", "Pod default/d"],
      deleted: ["Pod default/e"],
      problems: ["f.yaml:3: broken"],
      ignored: ["g.yaml:1: Role x: nothing here reads objects of this kind"],
    };
    expect(changeLines(change)).toBe(
      [
        "  applied   Pod default/a, Pod default/b, Pod default/c and 1 more",
        "  deleted   Pod default/e",
        "  left out  g.yaml:1: Role x: nothing here reads objects of this kind",
        "  PROBLEM   f.yaml:3: broken",
        "            What these files held before stays in force.",
        "",
      ].join("\n"),
    );
  });
});

function allocationOf(current: FakeAllocation["current"]): ListedAllocation {
  const allocation = new FakeAllocation();
  allocation.current = current;
  return { namespace: "shop", name: "main", collectors: ["main"], allocation, revealSecrets: false };
}

describe("suggestions", () => {
  it("names a share that exists", () => {
    expect(suggestions(allocationOf(shares({ x: [a] })), "http://localhost:8080", "c.yaml")).toContain(
      "curl 'http://localhost:8080/namespaces/shop/opentelemetrycollectors/main/jobs/web/targets?collector_id=x'",
    );
  });

  it("waits until there is one", () => {
    expect(suggestions(allocationOf(snapshotOf({})), "http://localhost:8080", "c.yaml")).toBeUndefined();
  });
});
