import type { JobDefinition } from "../job-definition.ts";
import { xxh64OfBytes } from "../labels/xxh64.ts";
import type { AssignedTarget } from "../snapshot.ts";
import { isMetaLabel, SeedLabels } from "./seed-labels.ts";
import { TargetLabels } from "./target-labels.ts";

const utf8 = new TextEncoder();
/** Ends every name and every value: no UTF-8 text has this byte. */
const SEPARATOR = Uint8Array.of(0xff);

/**
 * The number by which the Go allocator's debug pages name a target (`/debug/target?target_hash=`): XXH64 over the final
 * labels in the order in which its label builder holds them, without meta labels, and the job's name. Two targets with
 * equal final labels can have different ones, which is why the engine itself does not use it.
 */
export function builderOrderHash(definition: JobDefinition, target: AssignedTarget): bigint {
  const labels = new TargetLabels();
  const seeds = definition.filtering ? definition.seeds : [];
  labels.begin(new SeedLabels(seeds, false), target.groupLabels, target.ownLabels);
  if (definition.filtering) definition.relabel.run(labels);
  const counted = labels.names().filter((name) => !isMetaLabel(name));
  const parts = counted.flatMap((name) => [utf8.encode(name), SEPARATOR, utf8.encode(labels.get(name)), SEPARATOR]);
  return xxh64OfBytes(concatenate([...parts, utf8.encode(definition.name)]));
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
