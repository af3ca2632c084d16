import { type EventRecorder, GrantingRights } from "../../controllers/index.ts";
import type { KubeConnection } from "../../kube/client-node/connection.ts";
import type { Clock } from "../../observability/clock.ts";
import type { Logger } from "../../observability/logger.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { OperatorOptions } from "../../options/operator-options.ts";
import { AccessReviewer } from "../../webhooks/access-review.ts";
import { certManagerLookup } from "../../webhooks/cert-manager-use.ts";
import { createWebhooks } from "../../webhooks/webhooks.ts";
import { allocatorKnowledge, collectorKnowledge } from "./webhook-knowledge.ts";
import { type WebhookServer, webhookServer } from "./webhook-server.ts";

export interface OperatorWebhooksOptions {
  readonly options: OperatorOptions;
  readonly connection: KubeConnection;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

const NO_WEBHOOKS: WebhookServer = { actors: {}, waitingFor: () => [], problem: () => undefined };

/** The webhooks that the operator is asked to serve: nothing at all when they are switched off. */
export async function operatorWebhooks(given: OperatorWebhooksOptions): Promise<WebhookServer> {
  const { options, connection, events, clock, log, metrics } = given;
  if (options.webhooks === undefined) return NO_WEBHOOKS;
  const certManager = certManagerLookup(connection.client);
  const rights = new GrantingRights(connection.client, clock);
  const webhooks = createWebhooks({
    collectors: collectorKnowledge(options.manifests, rights, certManager),
    allocators: allocatorKnowledge(certManager),
    access: new AccessReviewer(connection.client),
    announce: (regarding, { reason, note }) =>
      events.record(regarding, { type: "Normal", action: "Default", reason, note }),
    defaulting: { networkPolicies: options.manifests.networkPolicies },
  });
  return webhookServer({ options: options.webhooks, tls: options.tls, webhooks, connection, clock, log, metrics });
}
