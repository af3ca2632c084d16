import {
  type DataValue,
  type Discoverer,
  type DiscoveryConfig,
  type DiscoverySink,
  labelsOf,
  type TargetGroup,
} from "../allocator/index.ts";
import { untilAborted } from "./until-aborted.ts";

/** One entry of `static_configs`, as decoded. */
interface StaticGroup {
  readonly targets?: readonly string[] | null;
  readonly labels?: Readonly<Record<string, string>> | null;
}

/** `static_configs`: the targets that the file itself lists. One group for each entry, named by its position. */
export class StaticDiscoverer implements Discoverer {
  readonly #groups: readonly StaticGroup[];

  constructor({ settings }: DiscoveryConfig) {
    this.#groups = (settings["groups"] ?? []) as readonly (StaticGroup & DataValue)[];
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    sink.update(this.#groups.map(toTargetGroup));
    await untilAborted(signal);
  }
}

function toTargetGroup({ targets, labels }: StaticGroup, position: number): TargetGroup {
  return {
    source: String(position),
    labels: labelsOf(labels ?? {}),
    targets: (targets ?? []).map((address) => labelsOf({ __address__: address })),
  };
}
