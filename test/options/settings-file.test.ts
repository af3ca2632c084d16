import { describe, expect, it } from "@jest/globals";
import { ConfigError } from "../../src/options/config-error.ts";
import { GO_OPERATOR_FLAGS_WITHOUT_EFFECT } from "../../src/options/flags-without-effect.ts";
import { OPERATOR_FLAGS } from "../../src/options/operator-options.ts";
import { readSettings, type Settings } from "../../src/options/sources.ts";

interface Given {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly text?: string;
}

function read({ argv = ["--config-file=/op.yaml"], env = {}, text = "" }: Given): Settings<typeof OPERATOR_FLAGS> {
  return readSettings(OPERATOR_FLAGS, argv, env, {
    file: { named: "configFile", read: () => text },
    withoutEffect: GO_OPERATOR_FLAGS_WITHOUT_EFFECT,
  });
}

function problemsOf(given: Given): readonly string[] {
  try {
    read(given);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** As the Go operator's documentation writes it. */
const GO_FILE = `
targetallocator-image: ta:1
collector-image: c:1
collector-configmap-entry: collector.yaml
labels-filter: [^a, ^b]
annotations-filter: []
metrics-addr: ":9443"
metrics-secure: false
enable-leader-election: true
watch-namespace: a,b
feature-gates: -operand.networkpolicy
enable-node-js-auto-instrumentation: true
auto-instrumentation-java-image: java:1
instrumentations: { spec: { exporter: {} } }
tls:
  minversion: VersionTLS13
  ciphersuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
  useclusterprofile: false
zap:
  message-key: message
  level-format: uppercase
`;

describe("a file of settings", () => {
  it("is that of the Go operator", () => {
    const { values, withoutEffect } = read({ text: GO_FILE });
    expect(values).toMatchObject({
      allocatorImage: "ta:1",
      collectorImage: "c:1",
      labelsFilter: [{ source: "^a" }, { source: "^b" }],
      metricsAddr: { port: 9443 },
      metricsSecure: false,
      enableLeaderElection: true,
      watchNamespace: ["a", "b"],
      featureGates: { networkPolicies: false },
      tlsMinVersion: "VersionTLS13",
      tlsCipherSuites: ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
      zapMessageKey: "message",
      zapLevelFormat: "uppercase",
    });
    expect(withoutEffect.map(({ name }) => name)).toEqual([
      "tls-cluster-profile",
      "instrumentations",
      "auto-instrumentation-java-image",
      "enable-nodejs-instrumentation",
      "collector-configmap-entry",
    ]);
  });

  it("beats defaults, loses to the environment, and that to the command line", () => {
    const text = "collector-image: file\ntarget-allocator-image: file\nhealth-probe-addr: :1\n";
    const { values } = read({
      argv: ["--config-file", "/op.yaml", "--health-probe-addr=:3"],
      env: { RELATED_IMAGE_TARGET_ALLOCATOR: "env", HEALTH_PROBE_ADDR: ":2" },
      text,
    });
    expect(values).toMatchObject({ collectorImage: "file", allocatorImage: "env", healthProbe: { port: 3 } });
  });

  it.each<{ name: string; text: string }>([
    { name: "is empty", text: "" },
    { name: "has nulls", text: "collector-image:\nlabels-filter: ~\n" },
  ])("may be one that $name", ({ text }) => {
    expect(read({ text }).values.collectorImage).toBe(OPERATOR_FLAGS.collectorImage.fallback);
  });

  it.each<{ name: string; text: string; want: string[] }>([
    {
      name: "an unknown key, and the one that was meant",
      text: "metrics-adr: :1\ncolour: red\n",
      want: ['/op.yaml: unknown key "metrics-adr" (did you mean metrics-addr?)', '/op.yaml: unknown key "colour"'],
    },
    {
      name: "an unknown key in a section",
      text: "zap: {mesage-key: m}\n",
      want: ['/op.yaml: unknown key "zap.mesage-key" (did you mean zap.message-key?)'],
    },
    {
      name: "values that cannot be read, each",
      text: "metrics-secure: perhaps\nmetrics-addr: 8443\nlabels-filter: [a, {b: c}]\n",
      want: [
        '/op.yaml: metrics-secure "perhaps" must be true or false',
        expect.stringContaining("/op.yaml: metrics-addr 8443 must be host:port") as unknown as string,
        "/op.yaml: labels-filter must be one value or a list of values",
      ],
    },
    {
      name: "what is no mapping",
      text: "- a\n",
      want: [expect.stringContaining("/op.yaml: must be a mapping") as unknown as string],
    },
    {
      name: "what is no YAML",
      text: "a: [\n",
      want: [expect.stringContaining("/op.yaml: line 2") as unknown as string],
    },
    {
      name: "a file that names another",
      text: "config-file: /b\n",
      want: [expect.stringContaining('unknown key "config-file"') as unknown as string],
    },
  ])("says what is wrong with $name", ({ text, want }) => {
    expect(problemsOf({ text })).toEqual(want);
  });

  it("is complained of together with the environment", () => {
    expect(problemsOf({ text: "colour: red\n", env: { METRICS_SECURE: "x" } })).toHaveLength(2);
  });

  it("is not looked at when help is asked for", () => {
    expect(read({ argv: ["--config-file=/op.yaml", "--help"], text: "colour: red\n" }).help).toBe(true);
  });
});

describe("a flag without effect", () => {
  it.each(GO_OPERATOR_FLAGS_WITHOUT_EFFECT.map((flag) => [flag.name, flag] as const))(
    "--%s is accepted",
    (name, flag) => {
      const argv = flag.isSwitch ? [`--${name}`] : [`--${name}`, "value"];
      const { withoutEffect, positionals } = read({ argv: [...argv, "--collector-image=c"] });
      expect([withoutEffect, positionals]).toEqual([[flag], []]);
    },
  );

  it("is none that has one", () => {
    const names = new Set(Object.values(OPERATOR_FLAGS).flatMap(({ name, fileKey }) => [name, fileKey]));
    expect(
      GO_OPERATOR_FLAGS_WITHOUT_EFFECT.filter(({ name, fileKeys = [] }) =>
        [name, ...fileKeys].some((key) => names.has(key)),
      ),
    ).toEqual([]);
  });
});
