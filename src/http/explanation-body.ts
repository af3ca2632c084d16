import { setImmediate as nextTurn } from "node:timers/promises";
import { toTargetJson } from "./explanation-json.ts";
import type { ServedExplanation } from "./served-allocation.ts";
import { jsonWithoutPasswords } from "./without-passwords.ts";

/** With dozens of labels and rules each, these are a millisecond or two. */
const TARGETS_PER_TURN = 8;

/**
 * The JSON of `toExplanationJson` and a newline. Hundreds of targets with all that their rules did are megabytes, so
 * others may work now and then.
 */
export async function encodeExplanation({ rules, targets, ...about }: ServedExplanation): Promise<Buffer> {
  const pieces = [Buffer.from(`${jsonWithoutPasswords(about).slice(0, -1)},"targets":[`)];
  for (const [i, target] of targets.entries()) {
    if (i > 0 && i % TARGETS_PER_TURN === 0) await nextTurn();
    const text = jsonWithoutPasswords(toTargetJson(target, rules, about.strategy));
    pieces.push(Buffer.from(i === 0 ? text : `,${text}`));
  }
  return Buffer.concat([...pieces, Buffer.from("]}\n")]);
}
