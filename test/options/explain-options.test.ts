import { describe, expect, it } from "@jest/globals";

import { EXPLAIN_FLAGS, type ExplainOptions, resolveExplainOptions } from "../../src/options/explain-options.ts";
import { readSettings } from "../../src/options/sources.ts";

const resolve = (...argv: readonly string[]): ExplainOptions =>
  resolveExplainOptions(readSettings(EXPLAIN_FLAGS, argv, {}));

const labelsOf = (text: string): unknown => {
  const { targets } = resolve("--config-file=a.yaml", "--job=web", `--labels=${text}`);
  return targets.kind === "given" ? targets.labels : undefined;
};

describe("the options of explain", () => {
  it("are about given targets with --config-file", () => {
    expect(resolve("--config-file=a.yaml", "--job=web", "--targets-file=-", "--labels=a=b", "--labels=c=d")).toEqual({
      job: "web",
      limit: 20,
      output: "text",
      targets: { kind: "given", configFile: "a.yaml", labels: [{ a: "b" }, { c: "d" }], targetsFile: "-" },
    });
  });

  it.each<{ from: string; base: string }>([
    { from: "http://localhost:8080", base: "http://localhost:8080" },
    { from: "http://localhost:8080/", base: "http://localhost:8080" },
    {
      from: "https://op/namespaces/a/opentelemetrycollectors/b/?x=1#y",
      base: "https://op/namespaces/a/opentelemetrycollectors/b",
    },
  ])("are about discovered targets with --from=$from", ({ from, base }) => {
    const options = resolve(
      `--from=${from}`,
      "--job=web",
      "--address=a:80",
      "--target=x",
      "--limit=5",
      "--output=json",
    );
    const tls = { authorityFile: undefined, certificateFile: undefined, keyFile: undefined, serverName: undefined };
    const targets = { kind: "discovered", base, tls, address: "a:80", text: "x" };
    expect(options).toEqual({ job: "web", limit: 5, output: "json", targets });
  });

  it.each<{ text: string; want: unknown }>([
    { text: "__address__=a:80", want: [{ __address__: "a:80" }] },
    { text: " a = b , c=d e ", want: [{ a: "b", c: "d e" }] },
    { text: 'a="b, \\"c\\"",d=', want: [{ a: 'b, "c"', d: "" }] },
    { text: "url=http://x/?a=b", want: [{ url: "http://x/?a=b" }] },
    { text: "__proto__=a", want: [JSON.parse('{"__proto__": "a"}')] },
    { text: '{"a": "b,c", "d=e": ""}', want: [{ a: "b,c", "d=e": "" }] },
  ])("read labels: $text", ({ text, want }) => {
    expect(labelsOf(text)).toEqual(want);
  });

  it.each<{ argv: readonly string[]; want: RegExp }>([
    { argv: ["--job=web"], want: /^give a configuration file with --config-file, or a running .* with --from$/ },
    { argv: ["--job=web", "--config-file=a", "--from=http://a"], want: /^give a configuration file/ },
    { argv: ["--config-file=a"], want: /^give the name of a job with --job$/ },
    { argv: ["--from=http://a", "--job=web", "--labels=a=b"], want: /^--labels goes with --config-file; name targets/ },
    { argv: ["--from=http://a", "--job=web", "--targets-file=x"], want: /^--targets-file goes with --config-file/ },
    { argv: ["--config-file=a", "--job=web", "--address=x"], want: /^--address goes with --from; describe targets/ },
    { argv: ["--config-file=a", "--job=web", "--target=x"], want: /^--target goes with --from/ },
    { argv: ["--from=localhost:8080"], want: /must be a URL such as http:\/\/localhost:8080, without user/ },
    { argv: ["--from=http://me:pw@localhost"], want: /without user and password/ },
    { argv: ["--limit=0"], want: /must be a whole number from 1 to 500/ },
    { argv: ["--labels=web-0"], want: /must be name=value,name="a, b" or a JSON object/ },
    { argv: ['--labels=a="b'], want: /must be name=value/ },
    { argv: ['--labels={"a": 1}'], want: /must have texts as values/ },
    { argv: ['--labels={"a"'], want: /invalid argument .* for --labels/ },
  ])("are refused: $argv", ({ argv, want }) => {
    expect(() => resolve(...argv)).toThrow(
      expect.objectContaining({ code: "USAGE", message: expect.stringMatching(want) }),
    );
  });
});
