import type { Outcome, TakenName } from "./object-writer.ts";
import { recreationNote } from "./recreation.ts";
import type { ObjectEvent } from "./runtime/event-recorder.ts";

/** Why a pass did not go through: nothing could be done, or not all of it. */
export interface Trouble {
  readonly reason: "AllocatorMissing" | "ConfigInvalid" | "NameTaken" | "ApplyFailed";
  readonly message: string;
}

/** What went wrong while writing; undefined when all went well. */
export function troubleOf({ errors, taken }: Outcome): Trouble | undefined {
  const [first] = taken;
  if (first !== undefined) {
    const others = taken.length > 1 ? ` (and ${String(taken.length - 1)} more)` : "";
    return { reason: "NameTaken", message: describeTaken(first) + others };
  }
  const [error] = errors;
  if (error === undefined) return undefined;
  const others = errors.length > 1 ? ` (and ${String(errors.length - 1)} more)` : "";
  return { reason: "ApplyFailed", message: error.message + others };
}

function describeTaken({ id, controller, leftover }: TakenName): string {
  if (leftover) return `${id} of a former resource of this name is not collected yet`;
  return controller === undefined
    ? `${id} exists and is somebody's own: rename one of the two`
    : `${id} exists and belongs to ${controller}: rename one of the two`;
}

/** What was done; nothing for a pass at rest. */
export function outcomeEvents(outcome: Outcome): readonly ObjectEvent[] {
  const note = outcomeNote(outcome);
  return [
    ...(note === undefined ? [] : [{ type: "Normal", reason: "Applied", note } as const]),
    ...outcome.recreated.map((one) => ({ type: "Normal", reason: "Recreated", note: recreationNote(one) }) as const),
  ];
}

function outcomeNote({ written, removed }: Outcome): string | undefined {
  const parts = [
    ...(written.size === 0 ? [] : [`applied ${listOf([...written.keys()])}`]),
    ...(removed.length === 0 ? [] : [`removed ${listOf(removed)}`]),
  ];
  return parts.length === 0 ? undefined : parts.join("; ");
}

/** What is to be said about a kind that the cluster does not have. */
export function unknownKindNote(kind: string): string {
  return `no ${kind} is made: this cluster has no such kind; it will be made when the kind is installed`;
}

/** Objects as `Service main-collector`: an Event tells its namespace anyway. */
function listOf(ids: readonly string[]): string {
  return ids.map((id) => id.replace(/ .*\//, " ")).join(", ");
}
