import { type FlagValues, parsedFlag, stringFlag, switchFlag } from "./flags.ts";
import { type ListenAddress, parseListenAddress } from "./listen-address.ts";
import { LOGGING_FLAGS } from "./logging-options.ts";
import type { Environment, Settings } from "./sources.ts";
import { checkTargetAllocatorFile, type TargetAllocatorFile } from "./target-allocator-file.ts";

/** The flags of the `target-allocator` command: those of the Go allocator. What is not given leaves the file alone. */
export const ALLOCATOR_FLAGS = {
  ...LOGGING_FLAGS,
  configFile: stringFlag("config-file", {
    help: "Path of the configuration file",
    fallback: "/conf/targetallocator.yaml",
    placeholder: "path",
  }),
  listen: parsedFlag<ListenAddress>("listen-addr", parseListenAddress, {
    help: "Where to serve plain HTTP; listen_addr in the file",
    fallback: { port: 8080 },
    shown: ":8080",
    placeholder: "address",
  }),
  enablePrometheusCrWatcher: switchFlag("enable-prometheus-cr-watcher", {
    help: "Watch the custom resources of the Prometheus operator; prometheus_cr.enabled in the file",
    fallback: false,
  }),
  kubeconfigPath: stringFlag("kubeconfig-path", {
    help: "Path of a kubeconfig; kube_config_file_path in the file; the pod's account when there is no such file",
    fallback: "",
    shown: "~/.kube/config",
    placeholder: "path",
  }),
  enableHttpsServer: switchFlag("enable-https-server", {
    help: "Serve HTTPS with client certificates too; https.enabled in the file",
    fallback: false,
  }),
  listenHttps: parsedFlag<ListenAddress>("listen-addr-https", parseListenAddress, {
    help: "Where to serve HTTPS; https.listen_addr in the file",
    fallback: { port: 8443 },
    shown: ":8443",
    placeholder: "address",
  }),
  httpsCaFile: stringFlag("https-ca-file", {
    help: "CA that client certificates must be of; https.ca_file_path in the file",
    fallback: "",
    placeholder: "path",
  }),
  httpsCertFile: stringFlag("https-tls-cert-file", {
    help: "Certificate of the HTTPS server; https.tls_cert_file_path in the file",
    fallback: "",
    placeholder: "path",
  }),
  httpsKeyFile: stringFlag("https-tls-key-file", {
    help: "Key of the HTTPS server; https.tls_key_file_path in the file",
    fallback: "",
    placeholder: "path",
  }),
  allowInsecureAuthSecrets: switchFlag("allow-insecure-auth-secrets", {
    help: "Serve secrets in clear over plain HTTP; allow_insecure_auth_secrets in the file",
    fallback: false,
  }),
};

/** Flags and environment of the `target-allocator` command. */
export type AllocatorSettings = Settings<typeof ALLOCATOR_FLAGS>;

/** The file of a target allocator as it holds for one process, checked. */
export interface EffectiveFile extends TargetAllocatorFile {
  /** May be the path of a file that does not exist: then the pod's own account is meant. */
  readonly kubeconfigPath: string;
}

/**
 * The file with what environment and flags replace in it, lowest first: file, environment, flag. Throws ConfigError
 * with everything that makes no sense together.
 */
export function overrideFile(file: TargetAllocatorFile, settings: AllocatorSettings, env: Environment): EffectiveFile {
  const { values } = settings;
  const given = <K extends keyof typeof ALLOCATOR_FLAGS, T>(
    key: K,
    fallback: T,
  ): T | FlagValues<typeof ALLOCATOR_FLAGS>[K] => (settings.given.has(key) ? values[key] : fallback);
  const effective = {
    ...file,
    listen: given("listen", file.listen),
    kubeconfigPath: given("kubeconfigPath", file.kubeconfigPath ?? `${env["HOME"] ?? ""}/.kube/config`),
    // Set but empty counts: the Go allocator takes it as it is.
    collectorNamespace: env["OTELCOL_NAMESPACE"] ?? file.collectorNamespace,
    // Only this very word acts, and it cannot undo what the file says.
    allowInsecureAuthSecrets: given(
      "allowInsecureAuthSecrets",
      file.allowInsecureAuthSecrets || env["ALLOW_INSECURE_AUTH_SECRETS"] === "true",
    ),
    prometheusCr: { ...file.prometheusCr, enabled: given("enablePrometheusCrWatcher", file.prometheusCr.enabled) },
    https: {
      enabled: given("enableHttpsServer", file.https.enabled),
      listen: given("listenHttps", file.https.listen),
      caFilePath: given("httpsCaFile", file.https.caFilePath),
      tlsCertFilePath: given("httpsCertFile", file.https.tlsCertFilePath),
      tlsKeyFilePath: given("httpsKeyFile", file.https.tlsKeyFilePath),
    },
  };
  checkTargetAllocatorFile(effective);
  return Object.freeze(effective);
}
