import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

const PROMTOOL = process.env["PROMTOOL"] ?? "/usr/bin/promtool";

/** What Debian's promtool prints; `make browser` installs it. Throws with its complaints. */
export function promtool(...args: readonly string[]): string {
  if (!existsSync(PROMTOOL)) throw new Error(`${PROMTOOL} is missing: run \`make browser\`, or set PROMTOOL`);
  return execFileSync(PROMTOOL, args, { encoding: "utf8", stdio: "pipe" });
}
