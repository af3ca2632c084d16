import type { AllocationSnapshot, JobCounts } from "../allocator/index.ts";

/** The sums over all jobs. */
export function toTotals(snapshot: AllocationSnapshot): JobCounts {
  const totals = { discovered: 0, dropped: 0, duplicates: 0, assigned: 0, unassigned: 0 };
  for (const { counts } of snapshot.jobs.values()) {
    totals.discovered += counts.discovered;
    totals.dropped += counts.dropped;
    totals.duplicates += counts.duplicates;
    totals.assigned += counts.assigned;
    totals.unassigned += counts.unassigned;
  }
  return totals;
}
