import { describe, expect, it } from "@jest/globals";
import { DEV_FLAGS, resolveDevOptions } from "../../src/options/dev-options.ts";
import { readSettings } from "../../src/options/sources.ts";

const resolve = (argv: readonly string[]): object => resolveDevOptions(readSettings(DEV_FLAGS, argv, {}));

describe("resolveDevOptions", () => {
  it("keeps to this machine and to a quiet log for people", () => {
    expect(resolve(["examples"])).toMatchObject({
      dir: "examples",
      listen: { host: "127.0.0.1", port: 8080 },
      logging: { level: "error", encoding: "console" },
    });
  });

  it("lets flags change both", () => {
    expect(resolve(["--zap-log-level=debug", "--listen-addr=:9", "examples"])).toMatchObject({
      listen: { port: 9 },
      logging: { level: "debug" },
    });
  });

  it.each([[[]], [["a", "b"]]])("wants one directory, not %j", (argv) => {
    expect(() => resolve(argv)).toThrow(
      expect.objectContaining({ code: "USAGE", message: "give one directory of manifests" }),
    );
  });

  it("checks what it shares with the operator", () => {
    expect(() => resolve(["a", "--collector-endpoint=operator"])).toThrow("needs --operator-url");
  });
});
