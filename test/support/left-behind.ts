import type { FakeClock } from "./fake-clock.ts";
import type { FakeCluster } from "./fake-cluster.ts";

/** Throws when what has stopped has left watches or timers behind. */
export function mustLeaveNothing(cluster: FakeCluster, clock?: FakeClock): void {
  const left = { uses: cluster.uses, timers: clock?.pending ?? 0 };
  if (left.uses + left.timers > 0) throw new Error(`left behind: ${JSON.stringify(left)}`);
}
