import { describe, expect, it } from "@jest/globals";
import { describeFlags, parseCommandLine } from "../../src/options/command-line.ts";
import { choiceFlag, durationFlag, listFlag, parsedFlag, stringFlag, switchFlag } from "../../src/options/flags.ts";
import { parseListenAddress } from "../../src/options/listen-address.ts";

const FLAGS = {
  file: stringFlag("config-file", { help: "Where.", fallback: "/conf/x.yaml", env: "CONFIG_FILE" }),
  https: switchFlag("enable-https", { help: "TLS too.", fallback: false }),
  names: listFlag("watch-namespace", { help: "Which.", fallback: [] }),
  form: choiceFlag("zap-encoder", ["json", "console"], { help: "Form.", fallback: "json" }),
  lease: durationFlag("lease", { help: "How long.", fallback: 15_000 }),
  listen: parsedFlag("listen-addr", parseListenAddress, { help: "Address.", fallback: { port: 8080 } }),
};

describe("parseCommandLine", () => {
  it.each<{ name: string; argv: string[]; given?: Record<string, unknown>; positionals?: string[] }>([
    { name: "reads nothing", argv: [] },
    { name: "reads --name=value", argv: ["--config-file=a=b"], given: { file: "a=b" } },
    { name: "reads --name value", argv: ["--config-file", "a"], given: { file: "a" } },
    { name: "takes a value that looks like a flag", argv: ["--config-file", "--x"], given: { file: "--x" } },
    { name: "reads an empty value", argv: ["--config-file="], given: { file: "" } },
    { name: "reads a switch", argv: ["--enable-https"], given: { https: true } },
    { name: "reads a switch that is set off", argv: ["--enable-https=false"], given: { https: false } },
    { name: "reads Go's other words for true", argv: ["--enable-https=T"], given: { https: true } },
    {
      name: "leaves the word after a switch as a stray argument",
      argv: ["--enable-https", "true"],
      given: { https: true },
      positionals: ["true"],
    },
    { name: "lets the last one win", argv: ["--config-file=a", "--config-file=b"], given: { file: "b" } },
    {
      name: "gathers lists, repeated and with commas",
      argv: ["--watch-namespace=a,b", "--watch-namespace", "c"],
      given: { names: ["a", "b", "c"] },
    },
    { name: "reads a choice", argv: ["--zap-encoder=console"], given: { form: "console" } },
    { name: "reads a duration", argv: ["--lease=1m30.5s"], given: { lease: 90_500 } },
    { name: "reads a duration of none", argv: ["--lease=0"], given: { lease: 0 } },
    { name: "reads an address", argv: ["--listen-addr=:0"], given: { listen: { port: 0 } } },
    {
      name: "takes flags after other arguments",
      argv: ["dir", "--lease=1s", "-"],
      given: { lease: 1000 },
      positionals: ["dir", "-"],
    },
    { name: "ends the flags at --", argv: ["a", "--", "--lease=1s"], positionals: ["a", "--lease=1s"] },
  ])("$name", ({ argv, given = {}, positionals = [] }) => {
    const line = parseCommandLine(FLAGS, argv);
    expect(Object.fromEntries(line.given)).toEqual(given);
    expect(line).toMatchObject({ positionals, help: false });
  });

  it.each([["-h"], ["--help"]])("sees %s, whatever follows", (flag) => {
    expect(parseCommandLine(FLAGS, [flag, "--nonsense"]).help).toBe(true);
  });

  it.each<{ name: string; argv: string[]; want: RegExp }>([
    { name: "an unknown flag", argv: ["--nope"], want: /^unknown flag: --nope$/ },
    { name: "a flag cut short, with what was meant", argv: ["--config"], want: /did you mean --config-file\?/ },
    {
      name: "a flag with a slip, with what was meant",
      argv: ["--watch-namespaces=a"],
      want: /did you mean --watch-nam.*ce\?/,
    },
    { name: "letters in the wrong place", argv: ["--zap-enocder=json"], want: /did you mean --zap-encoder\?/ },
    {
      name: "a single dash",
      argv: ["-config-file=x"],
      want: /unknown shorthand flag: -config-file=x; flags start with two/,
    },
    { name: "a missing value", argv: ["--config-file"], want: /^flag needs an argument: --config-file$/ },
    {
      name: "a bad switch",
      argv: ["--enable-https=maybe"],
      want: /invalid argument "maybe" for --enable-https: must be true or false/,
    },
    { name: "a bad choice", argv: ["--zap-encoder=xml"], want: /for --zap-encoder: must be one of json, console/ },
    { name: "a bad duration", argv: ["--lease=5"], want: /for --lease: must be a duration such as/ },
    { name: "a negative duration", argv: ["--lease=-5s"], want: /for --lease: must be a duration/ },
    { name: "a bad address", argv: ["--listen-addr=8080"], want: /for --listen-addr: must be host:port/ },
  ])("refuses $name", ({ argv, want }) => {
    expect(() => parseCommandLine(FLAGS, argv)).toThrow(
      expect.objectContaining({ code: "USAGE", message: expect.stringMatching(want) }),
    );
  });
});

describe("describeFlags", () => {
  it("lists flags by name with value, default and environment variable", () => {
    expect(describeFlags(FLAGS)).toContain(
      [
        '  --config-file string        Where. (default "/conf/x.yaml"; environment CONFIG_FILE)',
        "  --enable-https              TLS too.",
      ].join("\n"),
    );
  });
});

describe("parseListenAddress", () => {
  it.each([
    [":8080", { port: 8080 }],
    ["127.0.0.1:0", { host: "127.0.0.1", port: 0 }],
    ["localhost:65535", { host: "localhost", port: 65_535 }],
    ["[::1]:80", { host: "::1", port: 80 }],
    ["[]:80", { port: 80 }],
  ])("reads %s", (text, want) => {
    expect(parseListenAddress(text)).toEqual(want);
  });

  it.each(["", "8080", ":", ":http", "::1:80", "host:65536", "[::1]", "http://localhost:80"])("refuses %j", (text) => {
    expect(() => parseListenAddress(text)).toThrow("must be host:port");
  });
});
