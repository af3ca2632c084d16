import { describe, expect, it } from "@jest/globals";
import { describeFlags } from "../../src/options/command-line.ts";
import { OPERATOR_FLAGS, type OperatorOptions, resolveOperatorOptions } from "../../src/options/operator-options.ts";
import { readSettings } from "../../src/options/sources.ts";

function resolve(argv: readonly string[] = [], env: Record<string, string> = {}): OperatorOptions {
  return resolveOperatorOptions(readSettings(OPERATOR_FLAGS, argv, env).values, env);
}

describe("resolveOperatorOptions", () => {
  it("has defaults for everything", () => {
    expect(resolve([], { HOME: "/home/me" })).toMatchObject({
      manifests: {
        collectorImage: expect.stringContaining("opentelemetry-collector:"),
        collectorEndpoint: "allocator",
        operatorUrl: undefined,
        labelsFilter: [],
        annotationsFilter: [/^kubectl\.kubernetes\.io\/last-applied-configuration$/],
      },
      listen: { port: 8080 },
      healthProbe: { port: 8081 },
      kubeconfigPath: "/home/me/.kube/config",
      watchNamespaces: [],
      leaderElection: undefined,
      metrics: { listen: { port: 8443 }, secure: true, certificate: undefined, ofResources: false },
      tls: { minVersion: "TLSv1.2" },
      profiling: undefined,
      ignoreMissingCollectorCrds: false,
      fipsDisabledComponents: [],
    });
  });

  it.each<{ name: string; argv: string[]; want: object }>([
    {
      name: "metrics together with everything else",
      argv: ["--metrics-addr=0"],
      want: { metrics: { listen: undefined } },
    },
    {
      name: "a certificate for metrics",
      argv: ["--metrics-tls-cert-file=/c", "--metrics-tls-key-file=/k"],
      want: { metrics: { certificate: { certFile: "/c", keyFile: "/k" } } },
    },
    {
      name: "profiles on loopback, which is meant without a host",
      argv: ["--pprof-addr=:6060"],
      want: { profiling: { host: "127.0.0.1", port: 6060 } },
    },
    {
      name: "profiles on IPv6's loopback",
      argv: ["--pprof-addr=[::1]:6060"],
      want: { profiling: { host: "::1", port: 6060 } },
    },
    {
      name: "components that are forbidden in FIPS mode",
      argv: ["--fips-disabled-components=receiver.otlp,exporter.debug"],
      want: { fipsDisabledComponents: ["receiver.otlp", "exporter.debug"] },
    },
    { name: "no profiles", argv: ["--pprof-addr="], want: { profiling: undefined } },
    {
      name: "feature gates",
      argv: ["--feature-gates=-operand.networkpolicy"],
      want: { manifests: { networkPolicies: false, fallbackStrategy: false } },
    },
    {
      name: "the log's form",
      argv: ["--zap-message-key=message", "--zap-level-format=uppercase"],
      want: { logging: { keys: { message: "message", level: "level", time: "ts" }, levelFormat: "uppercase" } },
    },
  ])("understands $name", ({ argv, want }) => {
    expect(resolve(argv)).toMatchObject(want);
  });

  it.each(["0.0.0.0:6060", "10.0.0.1:6060", "[::]:6060", "example.com:6060"])("serves no profiles on %s", (address) => {
    expect(() => resolve([`--pprof-addr=${address}`])).toThrow("must be on loopback");
  });

  it("wants both files of a certificate", () => {
    expect(() => resolve(["--metrics-tls-key-file=/k"])).toThrow("belong together: give both or none");
  });

  it.each<{ name: string; argv?: string[]; env?: Record<string, string>; want: string | undefined }>([
    { name: "the pod's account in a pod", env: { KUBERNETES_SERVICE_HOST: "10.0.0.1", HOME: "/" }, want: undefined },
    {
      name: "KUBECONFIG before that",
      env: { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBECONFIG: "/a:/b" },
      want: "/a:/b",
    },
    { name: "the flag before all", argv: ["--kubeconfig=/flag"], env: { KUBECONFIG: "/env" }, want: "/flag" },
  ])("takes $name", ({ argv = [], env = {}, want }) => {
    expect(resolve(argv, env).kubeconfigPath).toBe(want);
  });

  it("reads the environment variables of the Go operator", () => {
    const options = resolve(["--annotations-filter=^a,^b"], {
      RELATED_IMAGE_COLLECTOR: "c:1",
      RELATED_IMAGE_TARGET_ALLOCATOR: "t:1",
      WATCH_NAMESPACE: "a,b",
      ENABLE_LEADER_ELECTION: "true",
      NAMESPACE: "system",
      LABELS_FILTER: "^x",
    });
    expect(options).toMatchObject({
      manifests: {
        collectorImage: "c:1",
        allocatorImage: "t:1",
        labelsFilter: [{ source: "^x" }],
        annotationsFilter: [{ source: "^a" }, { source: "^b" }],
      },
      watchNamespaces: ["a", "b"],
      leaderElection: { namespace: "system", leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 },
    });
  });

  it("takes the operator's URL without a slash at its end", () => {
    const options = resolve(["--collector-endpoint=operator", "--operator-url=http://op:8080/"]);
    expect(options.manifests).toMatchObject({ collectorEndpoint: "operator", operatorUrl: "http://op:8080" });
  });

  it("lists everything that does not fit together", () => {
    const argv = [
      "--collector-endpoint=operator",
      "--enable-leader-election",
      "--leader-election-lease-duration=1500ms",
      "--leader-election-renew-deadline=2s",
    ];
    expect(() => resolve(argv)).toThrow(
      expect.objectContaining({
        problems: [
          expect.stringContaining("--collector-endpoint=operator needs --operator-url"),
          expect.stringContaining("--leader-election-renew-deadline must be more than 1.2 times"),
          expect.stringContaining(
            "--leader-election-lease-duration must be more than --leader-election-renew-deadline",
          ),
          expect.stringContaining("--leader-election-lease-duration must be whole seconds"),
        ],
      }),
    );
  });

  it.each([["op:8080"], ["ftp://op"], ["http://"]])("refuses %s as the operator's URL", (url) => {
    expect(() => resolve([`--operator-url=${url}`])).toThrow("must begin with http:// or https:// and name a host");
  });

  it.each(["(", "*", "(?=a)"])("refuses the filter %s, which is no pattern in Go", (pattern) => {
    expect(() => resolve([`--labels-filter=${pattern}`])).toThrow(
      "--labels-filter: must be regular expressions as Go has them: ",
    );
  });

  it("takes filters in Go's syntax, unanchored", () => {
    const [filter] = resolve([String.raw`--annotations-filter=(?i)TEAM\z`]).manifests.annotationsFilter;
    expect([filter?.test("a/team"), filter?.test("a/teams")]).toEqual([true, false]);
  });
});

describe("the help", () => {
  it("shows defaults as they are written", () => {
    expect(describeFlags(OPERATOR_FLAGS)).toMatch(
      /--listen-addr address +Where [^-]*\(default :8080; environment LISTEN_ADDR\)/,
    );
  });
});
