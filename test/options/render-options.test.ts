import { describe, expect, it } from "@jest/globals";
import { RENDER_FLAGS, resolveRenderOptions } from "../../src/options/render-options.ts";
import { readSettings } from "../../src/options/sources.ts";

const resolve = (argv: readonly string[], piped = false): object =>
  resolveRenderOptions(readSettings(RENDER_FLAGS, argv, {}), { env: { HOME: "/home/ann" }, piped });

describe("resolveRenderOptions", () => {
  it("takes files in any place", () => {
    expect(resolve(["a.yaml", "--targets", "-"])).toMatchObject({
      files: ["a.yaml", "-"],
      output: { kind: "targets" },
    });
  });

  it("takes what is piped in when no file is named", () => {
    expect(resolve([], true)).toMatchObject({ files: ["-"], output: { kind: "objects" } });
    expect(resolve(["a.yaml"], true)).toMatchObject({ files: ["a.yaml"] });
  });

  it.each([
    { argv: ["--diff"], want: { kind: "cluster-diff", kubeconfigPath: "/home/ann/.kube/config" } },
    { argv: ["--diff", "--kubeconfig=k"], want: { kind: "cluster-diff", kubeconfigPath: "k" } },
    { argv: ["--against=out"], want: { kind: "directory-diff", folder: "out" } },
    { argv: ["--diff", "--against=out"], want: { kind: "directory-diff", folder: "out" } },
  ])("compares with what $argv says", ({ argv, want }) => {
    expect(resolve(["a.yaml", ...argv])).toMatchObject({ output: want });
  });

  it.each([[["--targets", "--diff"]], [["--targets", "--against=out"]]])("does not do both: %j", (argv) => {
    expect(() => resolve(["a.yaml", ...argv])).toThrow(expect.objectContaining({ code: "USAGE" }));
  });

  it("wants a file", () => {
    expect(() => resolve(["--targets"])).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});
