import { nearNames } from "../options/near-names.ts";

/** How many names are told to somebody who asked for another one. */
const MOST_NAMED = 10;

/** Says which job of those that are there may have been meant. */
export function unknownJob(written: string, jobs: readonly string[]): string {
  return `no job has the name ${JSON.stringify(written)}; ${whatThereIs(written, jobs)}`;
}

/** Says which collector of those that are there may have been meant. */
export function unknownCollector(written: string, collectors: readonly string[]): string {
  return `no collector has the name ${JSON.stringify(written)}; ${whatThereIs(written, collectors)}`;
}

/** Says which receiver of those that are there may have been meant. */
export function unknownReceiver(written: string, receivers: readonly string[]): string {
  return `no receiver ${JSON.stringify(written)} gets its targets here; ${whatThereIs(written, receivers)}`;
}

function whatThereIs(written: string, known: readonly string[]): string {
  if (known.length === 0) return "there is none";
  const near = written === "" ? [] : nearNames(written, known);
  const shown = (near.length > 0 ? near : known.slice(0, MOST_NAMED)).map((name) => JSON.stringify(name)).join(", ");
  return near.length > 0 ? `did you mean ${shown}?` : `the first of ${String(known.length)}: ${shown}`;
}
