import { createServer, type Server } from "node:https";
import { join } from "node:path";
import type { KeyPair } from "../../certificates/key-pair.ts";
import { WEBHOOK_CERTIFICATE_SECRET } from "../../controllers/index.ts";
import type { KubeConnection } from "../../kube/client-node/connection.ts";
import type { Clock } from "../../observability/clock.ts";
import type { Logger } from "../../observability/logger.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { TlsOptions } from "../../options/tls-options.ts";
import type { WebhookOptions } from "../../options/webhook-options.ts";
import { CertificateKeeper } from "../../webhooks/certificate-keeper.ts";
import { type Webhook, webhookListener } from "../../webhooks/webhook-listener.ts";
import type { Actor } from "../run-group.ts";
import { serving } from "../serving.ts";
import { certificateInFiles } from "./server-certificate.ts";

export interface WebhookServerOptions {
  readonly options: WebhookOptions;
  readonly tls: TlsOptions;
  readonly webhooks: ReadonlyMap<string, Webhook>;
  readonly connection: Pick<KubeConnection, "client" | "informers" | "namespace">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The webhooks of the operator, as far as its process goes. */
export interface WebhookServer {
  readonly actors: Readonly<Record<string, Actor>>;
  /** What is missing until webhooks are served, for readiness. */
  readonly waitingFor: () => readonly string[];
  /** Why an API server may not get an answer, though it is served; undefined while all is well. */
  readonly problem: () => string | undefined;
}

/**
 * What serves the webhooks. Rejects with an error of code TLS_FILES when there is to be a certificate in files, and it
 * cannot be used.
 */
export async function webhookServer(given: WebhookServerOptions): Promise<WebhookServer> {
  const { certDir } = given.options;
  const socket = new WebhookSocket(given);
  return certDir === undefined ? withOwnCertificate(given, socket) : withFiles(given, socket, certDir);
}

function withOwnCertificate(
  { options: { service, namespace, hosts }, connection, clock, log }: WebhookServerOptions,
  socket: WebhookSocket,
): WebhookServer {
  const keeper = new CertificateKeeper({
    client: connection.client,
    informers: connection.informers,
    namespace: namespace ?? connection.namespace,
    clock,
    log,
    secretName: WEBHOOK_CERTIFICATE_SECRET,
    serviceName: service,
    moreHosts: hosts,
    onLeaf: (pair) => socket.use(pair),
  });
  return {
    actors: {
      "webhook server": async (stopping) => socket.serve(stopping),
      "webhook certificate": async (stopping) => keeper.run(stopping),
    },
    waitingFor: () => (socket.isServing ? [] : [`webhooks: ${keeper.problem() ?? "not listening"}`]),
    problem: keeper.problem,
  };
}

async function withFiles(
  { clock, log }: WebhookServerOptions,
  socket: WebhookSocket,
  directory: string,
): Promise<WebhookServer> {
  const files = { certFile: join(directory, "tls.crt"), keyFile: join(directory, "tls.key") };
  const certificate = await certificateInFiles(files, {
    server: "webhook server",
    setBy: "--webhook-cert-dir",
    clock,
    log,
  });
  socket.use(certificate.current);
  return {
    actors: {
      "webhook server": async (stopping) => socket.serve(stopping),
      "webhook certificate": async (stopping) => certificate.follow((pair) => socket.use(pair), stopping),
    },
    waitingFor: () => (socket.isServing ? [] : ["webhooks: not listening"]),
    problem: () => undefined,
  };
}

/** An HTTPS server that begins with its first certificate, and goes over to each later one without a gap. */
class WebhookSocket {
  readonly #given: WebhookServerOptions;
  readonly #first = Promise.withResolvers<void>();
  #pair: KeyPair | undefined;
  #server: Server | undefined;
  #isServing = false;

  constructor(given: WebhookServerOptions) {
    this.#given = given;
  }

  get isServing(): boolean {
    return this.#isServing;
  }

  /** New connections get this certificate; open ones go on with theirs. */
  use(pair: KeyPair): void {
    this.#pair = pair;
    this.#server?.setSecureContext(this.#material());
    this.#first.resolve();
  }

  async serve(stopping: AbortSignal): Promise<void> {
    if (stopping.aborted) return;
    stopping.addEventListener("abort", () => this.#first.resolve(), { once: true });
    await this.#first.promise;
    if (stopping.aborted) return;
    const { options, webhooks, clock, log, metrics } = this.#given;
    const actor = serving({
      listen: { port: options.port },
      setBy: "--webhook-port or WEBHOOK_PORT",
      what: "webhooks over HTTPS",
      log,
      app: () => webhookListener({ webhooks, clock, log, metrics }),
      create: (limits) => {
        this.#server = createServer({ ...limits, ...this.#material(), ALPNProtocols: ["http/1.1"] });
        this.#server.once("listening", () => (this.#isServing = true));
        this.#server.once("close", () => (this.#isServing = false));
        return this.#server;
      },
    });
    await actor(stopping);
  }

  #material(): TlsOptions & { readonly cert: string | undefined; readonly key: string | undefined } {
    return { cert: this.#pair?.certificate, key: this.#pair?.key, ...this.#given.tls };
  }
}
