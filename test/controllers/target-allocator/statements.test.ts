import { describe, expect, it } from "@jest/globals";

import type { AllocationSummary } from "../../../src/controllers/allocation-host.ts";
import type { KnownAllocation } from "../../../src/controllers/allocation-statements.ts";
import { toAllocatorStatements } from "../../../src/controllers/target-allocator/statements.ts";

const NONE: AllocationSummary = { synced: true, collectors: 0, jobs: 1, targets: 4, unassigned: 4, problems: [] };
const WAITING = { reason: "CollectorsNotReady", message: "there are no collectors: web-0 is not ready" };

interface Case {
  readonly name: string;
  readonly allocation: KnownAllocation;
  readonly selects?: boolean;
  readonly want: readonly string[];
}

describe("CollectorsReady of a TargetAllocator", () => {
  it.each<Case>([
    {
      name: "pods that get targets",
      allocation: { ...NONE, collectors: 3, unassigned: 0 },
      want: ["True/SelectedServed: Selected pods that get targets: 3. One that stays unready loses them."],
    },
    {
      name: "pods that are all not ready",
      allocation: { ...NONE, problems: [WAITING] },
      want: [`False/NoneReady: ${WAITING.message}`],
    },
    {
      name: "a selector that selects nothing",
      allocation: NONE,
      want: ["False/NoneSelected: spec.collectorSelector selects no pod."],
    },
    {
      name: "an allocation that knows nothing yet",
      allocation: "pending",
      want: ["Unknown/NotKnown: The pods of collectors are not known yet."],
    },
    { name: "collectors that have resources which say it themselves", allocation: NONE, selects: false, want: [] },
  ])("$name", ({ allocation, selects = true, want }) => {
    const observation = { workload: undefined, trouble: undefined, warnings: [], allocation, selects };
    const found = toAllocatorStatements(observation).filter(({ type }) => type === "CollectorsReady");
    expect(found.map(({ status, reason, message }) => `${status}/${reason}: ${message}`)).toEqual(want);
  });
});
