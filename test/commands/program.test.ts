import { describe, expect, it, jest } from "@jest/globals";
import { runCommand } from "../support/command-run.ts";

// Whole commands start here, on a machine that may be busy.
jest.setTimeout(60_000);

const COMMANDS = ["operator", "target-allocator", "dev", "render", "explain", "doctor"];

describe("otel-allocator", () => {
  it.each([["help"], ["--help"], ["-h"]])("lists its commands for %s", async (word) => {
    const { code, out } = await runCommand([word]);
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(out).toContain(`  ${command} `);
  });

  it.each([["version"], ["--version"]])("tells its version for %s", async (word) => {
    const { code, out } = await runCommand([word]);
    expect([code, out]).toEqual([0, expect.stringMatching(/^otel-allocator \d+\.\d+\.\d+ \(Node\.js \d+/)]);
  });

  it.each([
    [[], "otel-allocator: no command given\n"],
    [["serve"], 'otel-allocator: unknown command "serve"\n'],
    [["rendr"], 'otel-allocator: unknown command "rendr" (did you mean render?)\n'],
    [["allocator"], 'otel-allocator: unknown command "allocator" (did you mean target-allocator?)\n'],
    [["constructor"], 'otel-allocator: unknown command "constructor"\n'],
  ])("shows its usage for %j", async (argv, message) => {
    const { code, out, err } = await runCommand(argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
    expect(err).toContain("Commands:");
  });

  it.each(COMMANDS)("%s explains itself, and says what flag it does not know", async (command) => {
    const help = await runCommand([command, "--help"]);
    expect(help.code).toBe(0);
    expect(help.out).toContain(`Usage: otel-allocator ${command}`);
    expect(help.out.split("\n").every((line) => line.length <= 160)).toBe(true);
    const wrong = await runCommand([command, "--nonsense"]);
    expect(wrong).toMatchObject({
      // Where 2 says what was found, it says nothing else.
      code: ["doctor", "render"].includes(command) ? 1 : 2,
      out: "",
      err: expect.stringContaining(`otel-allocator ${command}: unknown flag: --nonsense\nUsage: `),
    });
  });
});
