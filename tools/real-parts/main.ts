/** `node tools/real-parts/main.ts [PART…]`: builds the real programs that tests run, or says why it cannot. */
import { ensurePart } from "./build.ts";
import { PARTS, type PartName } from "./parts.ts";

const isPart = (name: string): name is PartName => Object.hasOwn(PARTS, name);

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !isPart(name));
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(", ")}. There are: ${Object.keys(PARTS).join(", ")}.`);
  process.exit(2);
}
try {
  for (const name of asked.length === 0 ? Object.keys(PARTS) : asked) {
    if (!isPart(name)) continue;
    const path = await ensurePart(name, (line) => console.error(line));
    console.error(`${name}: ${path}`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
