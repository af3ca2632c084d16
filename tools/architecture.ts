/**
 * Draws which folder of src/ imports which into docs/architecture.md, from the code itself.
 * With `--check` it changes nothing and fails when the picture is stale.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./real-parts/parts.ts";

const PAGE = join(ROOT, "docs", "architecture.md");
const [BEGIN, END] = ["<!-- picture: begin, made by tools/architecture.ts -->", "<!-- picture: end -->"];

const picture = execFileSync(
  join(ROOT, "node_modules/.bin/depcruise"),
  [
    "--config",
    ".dependency-cruiser.mjs",
    "--include-only",
    "^src",
    "--collapse",
    "^src/[^/]+",
    "--output-type",
    "mermaid",
    "src",
  ],
  { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
).trim();
const page = readFileSync(PAGE, "utf8");
const [before, rest] = page.split(BEGIN);
const after = rest?.split(END)[1];
if (before === undefined || after === undefined) throw new Error(`${PAGE} has lost its picture markers`);
const fresh = `${before}${BEGIN}\n\n\`\`\`mermaid\n${picture}\n\`\`\`\n\n${END}${after}`;
if (fresh === page) process.exit(0);
if (process.argv.includes("--check")) {
  console.error('docs/architecture.md is stale: run "node tools/architecture.ts"');
  process.exit(1);
}
writeFileSync(PAGE, fresh);
