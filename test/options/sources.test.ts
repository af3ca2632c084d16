import { describe, expect, it } from "@jest/globals";
import { durationFlag, listFlag, stringFlag } from "../../src/options/flags.ts";
import { LOGGING_FLAGS, resolveLoggingOptions } from "../../src/options/logging-options.ts";
import { readSettings } from "../../src/options/sources.ts";

const FLAGS = {
  image: stringFlag("image", { help: "", fallback: "default", env: "IMAGE" }),
  names: listFlag("names", { help: "", fallback: [], env: "NAMES" }),
  lease: durationFlag("lease", { help: "", fallback: 1000, env: "LEASE" }),
};

describe("readSettings", () => {
  it.each<{ name: string; argv?: string[]; env?: Record<string, string>; want: object; given: string[] }>([
    { name: "takes defaults", want: { image: "default", names: [], lease: 1000 }, given: [] },
    { name: "lets the environment beat defaults", env: { IMAGE: "env" }, want: { image: "env" }, given: ["image"] },
    {
      name: "lets the command line beat the environment",
      argv: ["--image=flag"],
      env: { IMAGE: "env" },
      want: { image: "flag" },
      given: ["image"],
    },
    { name: "takes an empty variable as absent", env: { IMAGE: "" }, want: { image: "default" }, given: [] },
    {
      name: "does not join a list of the command line with one of the environment",
      argv: ["--names=c"],
      env: { NAMES: "a,b" },
      want: { names: ["c"] },
      given: ["names"],
    },
  ])("$name", ({ argv = [], env = {}, want, given }) => {
    const settings = readSettings(FLAGS, argv, env);
    expect(settings.values).toMatchObject(want);
    expect([...settings.given]).toEqual(given);
  });

  it("lists every variable that cannot be read", () => {
    const flags = { ...FLAGS, other: durationFlag("other", { help: "", fallback: 0, env: "OTHER" }) };
    expect(() => readSettings(flags, [], { LEASE: "soon", OTHER: "later" })).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        problems: [
          expect.stringContaining('environment variable LEASE="soon" must be a duration'),
          expect.stringContaining('environment variable OTHER="later" must be a duration'),
        ],
      }),
    );
  });
});

describe("resolveLoggingOptions", () => {
  it.each<{ name: string; argv: string[]; want: object }>([
    { name: "writes JSON from info on", argv: [], want: { level: "info", encoding: "json", time: "rfc3339" } },
    { name: "suits developers", argv: ["--zap-devel"], want: { level: "debug", encoding: "console" } },
    {
      name: "lets single flags beat --zap-devel",
      argv: ["--zap-devel", "--zap-encoder=json", "--zap-log-level=error"],
      want: { level: "error", encoding: "json" },
    },
    { name: "takes a verbosity as debug", argv: ["--zap-log-level=2"], want: { level: "debug" } },
    { name: "takes panic as error", argv: ["--zap-log-level=panic"], want: { level: "error" } },
  ])("$name", ({ argv, want }) => {
    expect(resolveLoggingOptions(readSettings(LOGGING_FLAGS, argv, {}).values)).toMatchObject(want);
  });

  it.each(["0", "-1", "loud"])("refuses the level %s", (level) => {
    expect(() => readSettings(LOGGING_FLAGS, [`--zap-log-level=${level}`], {})).toThrow(
      "--zap-log-level: must be debug",
    );
  });
});
