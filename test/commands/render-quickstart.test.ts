import { describe, expect, it } from "@jest/globals";
import { join } from "node:path";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { runCommand } from "../support/command-run.ts";
import { expectGolden } from "../support/golden-file.ts";

const FILES = ["collector.yaml", "pods.yaml", "rbac.yaml"].map((name) => join(ROOT, "examples/quickstart", name));
const GOLDEN = join(import.meta.dirname, "testdata/quickstart");

describe("render examples/quickstart", () => {
  it.each([
    { name: "objects.yaml", flags: [] },
    { name: "targets.yaml", flags: ["--targets"] },
  ])("prints $name, in whatever order the files are given", async ({ name, flags }) => {
    const run = await runCommand(["render", ...flags, ...FILES]);
    expect(run).toMatchObject({ code: 0, err: "" });
    expectGolden(join(GOLDEN, name), run.out);
    expect(await runCommand(["render", ...flags, ...FILES.toReversed()])).toEqual(run);
  });
});
