import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tools/real-parts/parts.ts";

const PAGE = join(ROOT, "docs", "troubleshooting.md");
/** A fenced block whose info string has a name: ```` ```text name ````. */
const BLOCK = /^```text (\S+)\n([^]*?)\n```$/gm;
/** What differs from case to case; within a line. */
const PLACEHOLDER = /<[a-z ]+>/;
/** A line that stands for any lines, or none. */
const OMISSION = "…";

/** The messages that docs/troubleshooting.md quotes, by name, as they stand there. Throws when two have one name. */
export function documentedMessages(): ReadonlyMap<string, string> {
  const messages = new Map<string, string>();
  for (const [, name = "", text = ""] of readFileSync(PAGE, "utf8").matchAll(BLOCK)) {
    if (messages.has(name)) throw new Error(`${PAGE} has two messages of the name ${name}`);
    messages.set(name, text);
  }
  return messages;
}

/** What the message of a name must look like where it is really printed. So page and program cannot drift apart. */
export function documented(name: string): RegExp {
  const message = documentedMessages().get(name);
  if (message === undefined) throw new Error(`${PAGE} has no message of the name ${name}`);
  return new RegExp(message.split("\n").map(patternOf).join("\n").replaceAll("\n[^]*?\n", "\n[^]*?"));
}

function patternOf(line: string): string {
  if (line === OMISSION) return "[^]*?";
  return line
    .split(PLACEHOLDER)
    .map((part) => part.replaceAll(/[$()*+./?[\\\]^{|}]/g, String.raw`\$&`))
    .join(".+?");
}
