import type { CollectorInstance } from "../allocator/index.ts";
import { sortedByName } from "./collector-source.ts";
import type { Pod } from "./kubernetes/objects.ts";
import { toWaitingPod, type WaitingPod } from "./waiting-pod.ts";

/** What {@link CollectorMembership.judge} has decided. */
export interface MembershipVerdict {
  /** Sorted by name. */
  readonly collectors: readonly CollectorInstance[];
  /** When the verdict changes although no pod does: milliseconds since the epoch. Undefined: never. */
  readonly expiresAt: number | undefined;
  /** Names of pods that are there and have been unready for too long. */
  readonly expired: ReadonlySet<string>;
  /** The other pods, sorted by name. */
  readonly waiting: readonly WaitingPod[];
}

/**
 * Decides which pods are collectors, that is, get targets.
 *
 * - A pod without a node is none yet. One that is being deleted, or that has ended, is none any more: nothing scrapes
 *   on a node that has gone, however ready its pods still look.
 * - A pod becomes one when it is Ready for the first time: one that still pulls its image would only keep targets from
 *   those that could scrape them. While no pod is Ready at all, every pod that has not been unready for longer than
 *   the grace period is one, so that a new set of collectors finds its targets waiting.
 * - A collector that is no longer Ready stays one for the grace period, so that a short restart moves nothing.
 * - A grace period of 0 switches the last two rules off: whoever runs somewhere is a collector.
 *
 * Whether a pod was Ready before this program started cannot be read from it. So a pod that is unready at our start
 * counts as one that never was Ready: its targets, if it had some, move to those that certainly scrape.
 */
export class CollectorMembership {
  readonly #graceMs: number;
  /** UIDs of pods that have become collectors, and exist. A pod of the same name that replaces one starts anew. */
  #admitted: ReadonlySet<string> = new Set();

  /** @param graceMs - How long a collector may be unready; 0 for as long as it likes. */
  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** @param now - Milliseconds since the epoch. */
  judge(pods: Iterable<Pod>, now: number): MembershipVerdict {
    const all = [...pods];
    const candidates = all.filter(isPlaced).map((pod) => this.#toCandidate(pod));
    const noneReady = candidates.every(({ expiresAt }) => expiresAt !== undefined);
    const { alive = [], expired = [] } = Object.groupBy(candidates, ({ expiresAt = Infinity }) =>
      now < expiresAt ? "alive" : "expired",
    );
    const joining = noneReady ? alive : candidates.filter(({ expiresAt }) => expiresAt === undefined);
    const known = candidates.filter(({ uid }) => this.#admitted.has(uid));
    this.#admitted = new Set([...known, ...joining].map(({ uid }) => uid));

    const members = alive.filter(({ uid }) => this.#admitted.has(uid));
    const chosen = new Set(members.map(({ pod }) => pod));
    const next = Math.min(...members.map(({ expiresAt = Infinity }) => expiresAt));
    return {
      collectors: sortedByName(members.map(({ pod }) => toInstance(pod))),
      expiresAt: Number.isFinite(next) ? next : undefined,
      expired: new Set(expired.map(({ pod }) => pod.metadata.name)),
      waiting: sortedByName(all.filter((pod) => !chosen.has(pod)).map(toWaitingPod)),
    };
  }

  #toCandidate(pod: Pod): Candidate {
    const since = this.#graceMs === 0 ? undefined : unreadySince(pod);
    const expiresAt = since === undefined ? undefined : since + this.#graceMs;
    return { pod, uid: pod.metadata.uid ?? pod.metadata.name, expiresAt };
  }
}

interface Candidate {
  readonly pod: Pod;
  readonly uid: string;
  /** When it stops to count unless it becomes Ready; undefined for one that is Ready, or need not be. */
  readonly expiresAt: number | undefined;
}

/** Milliseconds since the epoch; undefined for a pod that is Ready, and Infinity for one that has not begun to start. */
function unreadySince({ status }: Pod): number | undefined {
  const condition = status?.conditions?.find(({ type }) => type === "Ready");
  const starting = status?.phase !== "Running";
  const unready = condition !== undefined && condition.status !== "True";
  if (!starting && !unready) return undefined;
  const started = starting ? timeOf(status?.startTime, Infinity) : Infinity;
  // Unready since nobody knows when is unready for too long.
  const changed = unready ? timeOf(condition.lastTransitionTime, 0) : Infinity;
  return Math.min(started, changed);
}

function timeOf(timestamp: string | null | undefined, missing: number): number {
  const time = Date.parse(timestamp ?? "");
  return Number.isNaN(time) ? missing : time;
}

function isPlaced({ metadata, spec, status }: Pod): boolean {
  if ((spec?.nodeName ?? "") === "" || metadata.deletionTimestamp !== undefined) return false;
  return status?.phase !== "Succeeded" && status?.phase !== "Failed";
}

function toInstance({ metadata, spec }: Pod): CollectorInstance {
  return { name: metadata.name, nodeName: spec?.nodeName ?? "" };
}
