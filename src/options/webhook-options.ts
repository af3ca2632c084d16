import { type FlagValues, listFlag, parsedFlag, stringFlag, switchFlag } from "./flags.ts";

/** The flags of the operator's admission and conversion webhooks. */
export const WEBHOOK_FLAGS = {
  enableWebhooks: switchFlag("enable-webhooks", {
    help: "Serve the admission and conversion webhooks",
    fallback: true,
    env: "ENABLE_WEBHOOKS",
  }),
  webhookPort: parsedFlag<number>("webhook-port", readPort, {
    help: "Port at which webhooks are served over HTTPS",
    fallback: 9443,
    env: "WEBHOOK_PORT",
    placeholder: "port",
  }),
  webhookCertDir: stringFlag("webhook-cert-dir", {
    help: "Folder with tls.crt and tls.key of the webhooks, such as a Secret of cert-manager; without it the operator makes its own",
    fallback: "",
    env: "WEBHOOK_CERT_DIR",
    placeholder: "path",
  }),
  webhookService: stringFlag("webhook-service", {
    help: "Service by which API servers call the webhooks",
    fallback: "opentelemetry-operator-webhook-service",
    env: "WEBHOOK_SERVICE",
    placeholder: "name",
  }),
  webhookNamespace: stringFlag("webhook-namespace", {
    help: "Namespace of that Service and of the Secret with the operator's own certificate; without it the pod's own",
    fallback: "",
    env: "NAMESPACE",
    placeholder: "namespace",
  }),
  webhookHosts: listFlag("webhook-hosts", {
    help: "Names and addresses besides the Service's for which the operator's own certificate is good",
    fallback: [],
    env: "WEBHOOK_HOSTS",
  }),
};

/** How webhooks are served. */
export interface WebhookOptions {
  readonly port: number;
  /** Undefined: the operator makes the certificate, and tells API servers to trust it. */
  readonly certDir: string | undefined;
  readonly service: string;
  /** Undefined: the pod's own. */
  readonly namespace: string | undefined;
  readonly hosts: readonly string[];
}

/** What the flags together mean; undefined: webhooks are off. */
export function resolveWebhookOptions(values: FlagValues<typeof WEBHOOK_FLAGS>): WebhookOptions | undefined {
  if (!values.enableWebhooks) return undefined;
  return Object.freeze({
    port: values.webhookPort,
    certDir: unlessEmpty(values.webhookCertDir),
    service: values.webhookService,
    namespace: unlessEmpty(values.webhookNamespace),
    hosts: values.webhookHosts,
  });
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new Error("must be a port up to 65535");
  return port;
}

function unlessEmpty(text: string): string | undefined {
  return text === "" ? undefined : text;
}
