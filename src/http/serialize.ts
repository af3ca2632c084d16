import {
  type AllocationSnapshot,
  type AssignedTarget,
  type LabelLayout,
  mergedLabels,
  type Shard,
} from "../allocator/index.ts";
import { queryEscape } from "./query-escape.ts";

/** After how many targets {@link encodeTargets} hands out what it has: a few milliseconds of work. */
const TARGETS_PER_PIECE = 250;

/** Anything but printable ASCII that stands for itself. */
const NEEDS_CARE = /[^ !#-%'-;=?-[\]-~]/;
const NOT_FOR_HTML = /[<>&\u2028\u2029]/g;

/**
 * A JSON string as Go's encoder writes it: `<`, `>`, `&`, U+2028 and U+2029 as `\uXXXX`, a lone surrogate as U+FFFD.
 * https://pkg.go.dev/encoding/json#Marshal
 */
export function jsonString(text: string): string {
  if (!NEEDS_CARE.test(text)) return `"${text}"`;
  return JSON.stringify(text.toWellFormed()).replace(
    NOT_FOR_HTML,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Label names as they stand before their values. Layouts are interned, so there are few of them. */
const keysOfLayout = new WeakMap<LabelLayout, readonly string[]>();

function keysOf(layout: LabelLayout): readonly string[] {
  let keys = keysOfLayout.get(layout);
  if (keys === undefined) {
    keys = layout.names.map((name, i) => `${i === 0 ? "" : ","}${jsonString(name)}:`);
    keysOfLayout.set(layout, keys);
  }
  return keys;
}

/**
 * One element of an HTTP_SD answer: exactly the keys `targets` and `labels`, because the client refuses the whole
 * answer for any other. https://prometheus.io/docs/prometheus/latest/http_sd/
 */
function encodeTarget(target: AssignedTarget): string {
  const { layout, values } = mergedLabels(target.groupLabels, target.ownLabels);
  let text = `{"targets":[${jsonString(target.address)}],"labels":{`;
  const keys = keysOf(layout);
  for (let i = 0; i < keys.length; i += 1) text += (keys[i] as string) + jsonString(values[i] as string);
  return `${text}}}`;
}

/**
 * The HTTP_SD array of a shard in its own order, in pieces so that the caller can let others work in between. The
 * pieces joined are the answer, without a newline at the end.
 */
export function* encodeTargets(shard: Shard): Generator<string, void> {
  let piece = "[";
  for (const [i, target] of shard.targets.entries()) {
    if (i > 0 && i % TARGETS_PER_PIECE === 0) {
      yield piece;
      piece = "";
    }
    piece += i === 0 ? encodeTarget(target) : `,${encodeTarget(target)}`;
  }
  yield `${piece}]`;
}

/** Where the targets of a job are; `base` is what stands before `/jobs`, "" at the root. */
export function jobLink(base: string, job: string): string {
  return `${base}/jobs/${queryEscape(job)}/targets`;
}

/** Where one collector's share of a job is. */
export function shareLink(base: string, job: string, collector: string): string {
  return `${jobLink(base, job)}?collector_id=${queryEscape(collector)}`;
}

/** Where it is said why a target of a job is, or is not, scraped. */
export function explainLink(base: string, job: string, address: string): string {
  return `${base}/api/v1/explain?job=${queryEscape(job)}&address=${queryEscape(address)}`;
}

/** The body of `/jobs`: the jobs that have a target, assigned or not, with their links, sorted by name. */
export function encodeJobLinks(snapshot: AllocationSnapshot, base: string): string {
  const entries: string[] = [];
  for (const { name, counts } of snapshot.jobs.values()) {
    if (counts.assigned + counts.unassigned === 0) continue;
    entries.push(`${jsonString(name)}:{"_link":${jsonString(jobLink(base, name))}}`);
  }
  return `{${entries.join(",")}}\n`;
}
