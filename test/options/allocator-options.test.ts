import { describe, expect, it } from "@jest/globals";
import { ALLOCATOR_FLAGS, type EffectiveFile, overrideFile } from "../../src/options/allocator-options.ts";
import { readSettings } from "../../src/options/sources.ts";
import { readTargetAllocatorFile } from "../../src/options/target-allocator-file.ts";

const JOB = "config: { scrape_configs: [{ job_name: a, static_configs: [{ targets: ['a:1'] }] }] }\n";

interface Given {
  readonly text?: string;
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function resolve({ text = "collector_namespace: file\n", argv = [], env = {} }: Given): EffectiveFile {
  const file = readTargetAllocatorFile(JOB + text);
  return overrideFile(file, readSettings(ALLOCATOR_FLAGS, argv, env), env);
}

describe("overrideFile", () => {
  it.each<{ name: string; given: Given; want: object }>([
    {
      name: "takes the file where nothing else is given",
      given: { text: "collector_namespace: file\nlisten_addr: :9\nkube_config_file_path: /file\n" },
      want: { listen: { port: 9 }, kubeconfigPath: "/file", collectorNamespace: "file" },
    },
    {
      name: "has defaults where the file is silent",
      given: { env: { HOME: "/home/me" } },
      want: { listen: { port: 8080 }, kubeconfigPath: "/home/me/.kube/config", allowInsecureAuthSecrets: false },
    },
    {
      name: "lets the environment beat the file",
      given: { env: { OTELCOL_NAMESPACE: "env" } },
      want: { collectorNamespace: "env" },
    },
    {
      name: "lets flags beat the file",
      given: {
        text: "collector_namespace: file\nlisten_addr: :9\nkube_config_file_path: /file\nprometheus_cr: { enabled: true }\n",
        argv: ["--listen-addr=:10", "--kubeconfig-path=/flag", "--enable-prometheus-cr-watcher=false"],
      },
      want: { listen: { port: 10 }, kubeconfigPath: "/flag", prometheusCr: { enabled: false } },
    },
    {
      name: "lets flags set up HTTPS",
      given: {
        argv: [
          "--enable-https-server",
          "--listen-addr-https=:1",
          "--https-ca-file=/ca",
          "--https-tls-cert-file=/crt",
          "--https-tls-key-file=/key",
        ],
      },
      want: {
        https: {
          enabled: true,
          listen: { port: 1 },
          caFilePath: "/ca",
          tlsCertFilePath: "/crt",
          tlsKeyFilePath: "/key",
        },
      },
    },
  ])("$name", ({ given, want }) => {
    expect(resolve(given)).toMatchObject(want);
  });

  it.each<{ file: boolean; env?: string; flag?: string; want: boolean }>([
    { file: false, want: false },
    { file: true, want: true },
    { file: false, env: "true", want: true },
    { file: false, env: "True", want: false },
    { file: true, env: "false", want: true },
    { file: false, flag: "true", want: true },
    { file: true, env: "true", flag: "false", want: false },
  ])("reveals secrets: file $file, environment $env, flag $flag: $want", ({ file, env, flag, want }) => {
    const text = `collector_namespace: shop\nallow_insecure_auth_secrets: ${String(file)}\n`;
    const argv = flag === undefined ? [] : [`--allow-insecure-auth-secrets=${flag}`];
    const given = { text, argv, env: env === undefined ? {} : { ALLOW_INSECURE_AUTH_SECRETS: env } };
    expect(resolve(given).allowInsecureAuthSecrets).toBe(want);
  });

  it("takes an empty OTELCOL_NAMESPACE as given, and says that a namespace is missing", () => {
    expect(() => resolve({ env: { OTELCOL_NAMESPACE: "" } })).toThrow("collector_namespace: is missing");
  });

  it("needs no namespace when collectors are written down", () => {
    const text = "collectors: [{ name: c0 }, { name: c1, node_name: n1 }]\n";
    expect(resolve({ text }).collectors).toEqual([
      { name: "c0", nodeName: "" },
      { name: "c1", nodeName: "n1" },
    ]);
  });

  it("refuses collectors without or with equal names", () => {
    expect(() => resolve({ text: "collectors: [{}, { name: a }, { name: a }]\n" })).toThrow(
      expect.objectContaining({
        problems: ["collectors[0].name: is missing", 'collectors[2].name: "a" is there already'],
      }),
    );
  });

  it("lists what does not make sense together", () => {
    expect(() => resolve({ text: "", argv: ["--enable-https-server"] })).toThrow(
      expect.objectContaining({
        problems: [
          expect.stringContaining("collector_namespace: is missing"),
          expect.stringContaining("https.ca_file_path: is missing"),
          expect.stringContaining("https.tls_cert_file_path"),
          expect.stringContaining("https.tls_key_file_path"),
        ],
      }),
    );
  });
});
