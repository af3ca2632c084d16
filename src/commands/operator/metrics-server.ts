import { createServer, type Server } from "node:https";
import { createMetricsApp, type MetricsGuard } from "../../http/metrics-app.ts";
import type { KubeClient } from "../../kube/client.ts";
import { ForbiddenError } from "../../kube/errors.ts";
import { PathAccess } from "../../kube/path-access.ts";
import type { Clock } from "../../observability/clock.ts";
import type { Logger } from "../../observability/logger.ts";
import type { Exposition } from "../../observability/metrics.ts";
import type { MetricsOptions } from "../../options/metrics-options.ts";
import type { TlsOptions } from "../../options/tls-options.ts";
import type { Actor } from "../run-group.ts";
import { serving, type ServingOptions } from "../serving.ts";
import { certificateInFiles, selfMadeCertificate } from "./server-certificate.ts";

export interface MetricsServerOptions {
  readonly options: MetricsOptions;
  readonly tls: TlsOptions;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly exposition: Exposition;
}

const METRICS_CERTIFICATE = { server: "metrics server", setBy: "--metrics-tls-cert-file and --metrics-tls-key-file" };

/** How long the API server may take to say whether somebody gets the metrics. */
const REVIEW_TIMEOUT_MS = 10_000;

/**
 * The actors that serve metrics on an address of their own; none when they are served with everything else. Rejects with
 * an error of code TLS_FILES when the certificate that was named cannot be used.
 */
export async function metricsServer(given: MetricsServerOptions): Promise<Readonly<Record<string, Actor>>> {
  const { options, log, exposition } = given;
  const { listen, secure } = options;
  if (listen === undefined) return {};
  const plain: ServingOptions = {
    listen,
    setBy: "--metrics-addr or METRICS_ADDR",
    what: "metrics",
    log,
    app: () => createMetricsApp({ exposition, log }),
  };
  return secure ? secureServer(given, plain) : { "metrics server": serving(plain) };
}

async function secureServer(
  { options: { certificate: files }, tls, client, clock, log, exposition }: MetricsServerOptions,
  plain: ServingOptions,
): Promise<Readonly<Record<string, Actor>>> {
  const certificate = await (files === undefined
    ? selfMadeCertificate(clock)
    : certificateInFiles(files, { ...METRICS_CERTIFICATE, clock, log }));
  let server: Server | undefined;
  const toMaterial = (pair: typeof certificate.current) => ({ cert: pair.certificate, key: pair.key, ...tls });
  return {
    "metrics server": serving({
      ...plain,
      what: "metrics over HTTPS, to those who may read them",
      app: (stopping) => createMetricsApp({ exposition, log, guard: guardOf(client, clock, stopping) }),
      create: (limits) => {
        server = createServer({ ...limits, ...toMaterial(certificate.current), ALPNProtocols: ["http/1.1"] });
        return server;
      },
    }),
    "metrics certificate": async (stop) =>
      certificate.follow((pair) => server?.setSecureContext(toMaterial(pair)), stop),
  };
}

function guardOf(client: KubeClient, clock: Clock, stopping: AbortSignal): MetricsGuard {
  const access = new PathAccess(client, clock);
  return async (token) => {
    if (token === undefined) return { status: 401, message: "metrics need the bearer token of a Kubernetes account" };
    try {
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(REVIEW_TIMEOUT_MS)]);
      const verdict = await access.review(token, "/metrics", "get", signal);
      switch (verdict.kind) {
        case "allowed":
          return undefined;
        case "unknown":
          return { status: 401, message: "the API server does not know this token" };
        case "denied":
          return {
            status: 403,
            message: `${verdict.user} may not read metrics: it needs a ClusterRole with nonResourceURLs /metrics, verb get`,
          };
      }
    } catch (error) {
      const why = error instanceof ForbiddenError ? "the operator's account may not ask" : "it did not answer";
      return { status: 503, message: `the API server was asked who reads the metrics: ${why}` };
    }
  };
}
