import { type CollectorSource, StaticCollectors } from "../discovery/collector-source.ts";
import { CollectorWatcher } from "../discovery/collector-watcher.ts";
import type { InformerFactory } from "../kube/informer.ts";
import type { Clock } from "../observability/clock.ts";
import { ConfigError } from "../options/config-error.ts";
import type { PlannedCollectors } from "./allocation-plan.ts";

/** What collectors are found with. */
interface CollectorSurroundings {
  /** Undefined without Kubernetes. */
  readonly informers: InformerFactory | undefined;
  readonly clock: Clock;
}

/** Where the collectors of a plan come from. Throws ConfigError when they are pods and there is no Kubernetes. */
export function createCollectorSource(
  planned: PlannedCollectors,
  { informers, clock }: CollectorSurroundings,
): CollectorSource {
  if (planned.kind === "listed") return new StaticCollectors(planned.collectors);
  if (informers === undefined) {
    throw new ConfigError(["collectors: is missing; without Kubernetes the file must list the collectors"]);
  }
  return new CollectorWatcher({ ...planned, informers, clock });
}
