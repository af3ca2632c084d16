import { describe } from "@jest/globals";
import { PARTS, locate, type PartName } from "../../tools/real-parts/parts.ts";

export {
  type ControlPlane,
  type ControlPlaneOptions,
  startControlPlane,
} from "../../tools/real-parts/control-plane.ts";

/** How long starting a control plane may take in a hook, on a busy machine. */
export const START_TIMEOUT_MS = 120_000;

/**
 * `describe` for suites that need real programs. `make test` builds them first; where one is missing all the same, the
 * suite fails under CI and is skipped, with a message, elsewhere.
 */
export function describeWith(parts: readonly PartName[], name: string, body: () => void): void {
  const missing = parts.filter((part) => locate(part) === undefined);
  if (missing.length === 0) {
    describe(name, body);
    return;
  }
  const hint = `needs ${missing.join(", ")}: run "make real-parts" (it needs Go)`;
  if (process.env["CI"] === "true") throw new Error(`${name} ${hint}`);
  describe.skip(`${name} (${hint}; ${Object.keys(PARTS).length} parts in all)`, body);
}
