import { describe, expect, it } from "@jest/globals";
import { runCommand } from "../support/command-run.ts";

describe("operator", () => {
  it.each<{ name: string; argv: string[]; want: RegExp }>([
    {
      name: "a kubeconfig does not exist",
      argv: ["--kubeconfig=/does/not/exist"],
      want: /^otel-allocator operator: kubeconfig \/does\/not\/exist does not exist\. Give the path of a file that does/,
    },
    {
      name: "flags do not fit together",
      argv: ["--collector-endpoint=operator"],
      want: /invalid configuration:\n- --collector-endpoint=operator needs --operator-url/,
    },
  ])("says that $name", async ({ argv, want }) => {
    const { code, out, err } = await runCommand(["operator", ...argv]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(want);
  });

  it("says which environment variable cannot be read", async () => {
    const { code, err } = await runCommand(["operator"], { env: { HEALTH_PROBE_ADDR: "8081" } });
    expect(code).toBe(1);
    expect(err).toContain('environment variable HEALTH_PROBE_ADDR="8081" must be host:port');
  });
});
