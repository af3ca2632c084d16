/**
 * Writes everything that is derived: the CRD, the TypeScript types and reference page of the custom resources, the RBAC
 * manifests, and the pages that list reasons. Run as `node tools/generate.ts`; with `--check` it writes nothing and
 * fails when a file is not what it would write.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { generatedFiles } from "./generate/files.ts";

const root = join(import.meta.dirname, "..");
const check = process.argv.includes("--check");
let stale = 0;
for (const [path, text] of generatedFiles()) {
  const file = join(root, path);
  if (read(file) === text) continue;
  stale += 1;
  console.log(`${check ? "not up to date" : "written"}: ${path}`);
  if (check) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
if (check && stale > 0) {
  console.log("run `make generate` and commit the result");
  process.exitCode = 1;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
