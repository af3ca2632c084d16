import { type FlagValues, parsedFlag, stringFlag, switchFlag } from "./flags.ts";
import { type ListenAddress, parseListenAddress } from "./listen-address.ts";

/** Where and how the operator serves its metrics. */
export const METRICS_FLAGS = {
  metricsAddr: parsedFlag<ListenAddress | undefined>("metrics-addr", readAddress, {
    help: "Where to serve metrics; 0: together with everything else, at --listen-addr",
    fallback: { port: 8443 },
    shown: ":8443",
    env: "METRICS_ADDR",
    placeholder: "address",
  }),
  metricsSecure: switchFlag("metrics-secure", {
    help: "Serve metrics over HTTPS, to accounts that may get the path /metrics",
    fallback: true,
    env: "METRICS_SECURE",
  }),
  metricsCertFile: stringFlag("metrics-tls-cert-file", {
    help: "Certificate of the metrics server; without one it makes its own",
    fallback: "",
    env: "METRICS_TLS_CERT_FILE",
    placeholder: "path",
  }),
  metricsKeyFile: stringFlag("metrics-tls-key-file", {
    help: "Key of that certificate",
    fallback: "",
    env: "METRICS_TLS_KEY_FILE",
    placeholder: "path",
  }),
  enableCrMetrics: switchFlag("enable-cr-metrics", {
    help: "Show metrics of what the collectors' configurations consist of",
    fallback: false,
    env: "ENABLE_CR_METRICS",
  }),
};

/** How the server of metrics proves who it is. */
export interface MetricsCertificate {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface MetricsOptions {
  /** Undefined: with everything else. */
  readonly listen: ListenAddress | undefined;
  /** HTTPS, with authentication and authorization. */
  readonly secure: boolean;
  /** Undefined: one that it makes itself. */
  readonly certificate: MetricsCertificate | undefined;
  /** Metrics of custom resources too. */
  readonly ofResources: boolean;
}

/** What the flags together mean; adds to the problems. */
export function resolveMetricsOptions(values: FlagValues<typeof METRICS_FLAGS>, problems: string[]): MetricsOptions {
  const { metricsAddr, metricsSecure, metricsCertFile: certFile, metricsKeyFile: keyFile } = values;
  if ((certFile === "") !== (keyFile === "")) {
    problems.push("--metrics-tls-cert-file and --metrics-tls-key-file belong together: give both or none");
  }
  return Object.freeze({
    listen: metricsAddr,
    secure: metricsSecure,
    certificate: certFile === "" ? undefined : { certFile, keyFile },
    ofResources: values.enableCrMetrics,
  });
}

/** "0" and "" serve nothing in the Go operator. */
function readAddress(text: string): ListenAddress | undefined {
  return text === "0" || text === "" ? undefined : parseListenAddress(text);
}
