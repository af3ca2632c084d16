import { expect, it } from "@jest/globals";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { documentedMessages } from "../support/documented-messages.ts";

it("every message on docs/troubleshooting.md is compared with a real one by some test", () => {
  const tests = globSync("test/integration/*.test.ts", { cwd: ROOT });
  const text = tests.map((file) => readFileSync(join(ROOT, file), "utf8")).join("\n");
  const compared = (name: string): boolean => text.includes(`"${name}"`);
  expect([...documentedMessages().keys()].filter((name) => !compared(name))).toEqual([]);
});
