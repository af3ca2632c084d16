import { describe, expect, it } from "@jest/globals";
import { RENDER_FLAGS, resolveRenderOptions } from "../../src/options/render-options.ts";
import { readSettings } from "../../src/options/sources.ts";

const resolve = (argv: readonly string[]): object => resolveRenderOptions(readSettings(RENDER_FLAGS, argv, {}));

describe("resolveRenderOptions", () => {
  it("takes files in any place", () => {
    expect(resolve(["a.yaml", "--targets", "-"])).toMatchObject({ files: ["a.yaml", "-"], targets: true });
  });

  it("wants a file", () => {
    expect(() => resolve(["--targets"])).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});
