import type { KeyPair } from "../certificates/key-pair.ts";
import type { KubeClient } from "../kube/client.ts";
import { ConflictError } from "../kube/errors.ts";
import type { Informer, InformerFactory } from "../kube/informer.ts";
import { RESOURCES } from "../api/resource-type.ts";
import type { Clock } from "../observability/clock.ts";
import { errorMessage } from "../observability/error-text.ts";
import type { Logger } from "../observability/logger.ts";
import { planCertificates, type WebhookCertificates } from "./certificate-plan.ts";
import { CertificateSecret } from "./certificate-secret.ts";
import { TRUSTING_OBJECTS, trustPatch, trusts, type WebhookService } from "./trust.ts";

export interface CertificateKeeperOptions {
  readonly client: KubeClient;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the Secret, and of the Service by which API servers call. */
  readonly namespace: string;
  readonly secretName: string;
  readonly serviceName: string;
  /** Names and addresses besides the Service's under which API servers call. */
  readonly moreHosts: readonly string[];
  /** Called with a certificate that is to be served from now on. */
  readonly onLeaf: (leaf: KeyPair) => void;
}

/** A look at what nobody announces: the time. */
const LOOK_AGAIN_MS = 3_600_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 60_000;
/** As many in a row are no coincidence: somebody writes all the time, or an answer is not what is stored. */
const MANY_CONFLICTS = 5;

/**
 * Makes the certificate of the webhooks, replaces it in time, and tells API servers whom to trust. Every replica does
 * this for all: the Secret is written by optimistic locking, so that whoever comes second reads what the first has
 * written. At rest nothing is asked but once an hour.
 */
export class CertificateKeeper {
  readonly #options: CertificateKeeperOptions;
  readonly #service: WebhookService;
  readonly #secret: CertificateSecret;
  #kept: WebhookCertificates | undefined;
  #problem: string | undefined;
  /** Why nobody knows of some of them whom they trust. */
  readonly #unseen = new Map<Informer, string>();
  #failures = 0;
  #conflicts = 0;
  #wake: (() => void) | undefined;
  #due = false;

  constructor(options: CertificateKeeperOptions) {
    this.#options = options;
    const { client, namespace, serviceName, secretName } = options;
    this.#service = { namespace, name: serviceName };
    this.#secret = new CertificateSecret(client, { namespace, name: secretName });
  }

  /** What is wrong with the certificate or with those who must trust it; undefined while nothing is known to be. */
  readonly problem = (): string | undefined => this.#problem ?? this.#unseen.values().next().value;

  /** Runs until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { informers, namespace, secretName } = this.#options;
    const secrets = informers.informer({
      type: RESOURCES.Secret,
      namespace,
      fieldSelector: `metadata.name=${secretName}`,
    });
    const trusting = TRUSTING_OBJECTS.map(({ type, name }) =>
      informers.informer({ type, fieldSelector: `metadata.name=${name}`, shape: "discovery" }),
    );
    try {
      for (const informer of [secrets, ...trusting]) this.#follow(informer, signal);
      for (const informer of trusting) this.#followHealth(informer, signal);
      while (!signal.aborted) {
        await this.#wait(await this.#pass(trusting, signal), signal);
      }
    } finally {
      for (const informer of [secrets, ...trusting]) informer.release();
    }
  }

  #follow(informer: Informer, signal: AbortSignal): void {
    informer.onChange(() => this.#notify());
    informer.whenSynced(signal).then(
      () => this.#notify(),
      () => undefined,
    );
  }

  /** What cannot be listed looks as if there were nothing that had to be told whom to trust. */
  #followHealth(informer: Informer, signal: AbortSignal): void {
    informer.onHealth((error) => {
      if (error === undefined || informer.synced) this.#unseen.delete(informer);
      else this.#unseen.set(informer, `it is not known whether API servers trust the webhooks: ${errorMessage(error)}`);
    });
    informer.whenSynced(signal).then(
      () => this.#unseen.delete(informer),
      () => undefined,
    );
  }

  #notify(): void {
    this.#due = true;
    this.#wake?.();
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#due || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const cancel = this.#options.clock.after(ms, resolve);
    const onAbort = (): void => resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    await promise;
    cancel();
    signal.removeEventListener("abort", onAbort);
  }

  /** Resolves with how long nothing is due by itself. */
  async #pass(trusting: readonly Informer[], signal: AbortSignal): Promise<number> {
    this.#due = false;
    try {
      const { bundle } = await this.#keepSecret(trusting, signal);
      // Who is not known yet comes with the informer's news.
      for (const informer of trusting) await this.#makeTrusting(informer, bundle, signal);
      this.#problem = undefined;
      this.#failures = 0;
      this.#conflicts = 0;
      return LOOK_AGAIN_MS;
    } catch (error) {
      if (signal.aborted) return 0;
      return this.#failed(error);
    }
  }

  #failed(error: unknown): number {
    const { log } = this.#options;
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LAST_RETRY_MS);
    this.#failures += 1;
    this.#conflicts = error instanceof ConflictError ? this.#conflicts + 1 : 0;
    // Another replica was faster: that is how it should be, but not again and again.
    if (error instanceof ConflictError && this.#conflicts < MANY_CONFLICTS) {
      log.debug("another replica has written the webhooks' certificate or configuration", { error });
      return retryMs;
    }
    this.#problem = errorMessage(error);
    log.error("the webhooks' certificate cannot be kept; it is tried again", { error, retryMs });
    return retryMs;
  }

  async #keepSecret(trusting: readonly Informer[], signal: AbortSignal): Promise<WebhookCertificates> {
    const { clock, log, onLeaf, namespace, secretName } = this.#options;
    const stored = await this.#secret.read(signal);
    const present = stored.certificates ?? withoutLeaf(this.#kept);
    const planned = await planCertificates(present, {
      nowMs: clock.now(),
      hosts: this.#hosts(),
      trusted: present !== undefined && this.#isTrusted(trusting, present.bundle),
    });
    if (planned !== stored.certificates) {
      await this.#secret.write(planned, stored, signal);
      log.info("the webhooks have got a new certificate or authority", { secret: `${namespace}/${secretName}` });
    }
    const isNew = planned.leaf.certificate !== this.#kept?.leaf.certificate;
    this.#kept = planned;
    if (isNew) onLeaf(planned.leaf);
    return planned;
  }

  #hosts(): readonly string[] {
    const { namespace, name } = this.#service;
    return [`${name}.${namespace}.svc`, ...this.#options.moreHosts];
  }

  #isTrusted(trusting: readonly Informer[], bundle: string): boolean {
    return trusting.every(
      (informer) => informer.synced && [...informer.list()].every((object) => trusts(object, bundle, this.#service)),
    );
  }

  async #makeTrusting(informer: Informer, bundle: string, signal: AbortSignal): Promise<void> {
    for (const object of informer.list()) {
      const patch = trustPatch(object, bundle, this.#service);
      const type = TRUSTING_OBJECTS.find(({ name }) => name === object.metadata.name)?.type;
      if (patch === undefined || type === undefined) continue;
      const { name } = object.metadata;
      await this.#options.client.mergePatch(type, { namespace: "", name }, patch, signal);
      this.#options.log.info("API servers were told which authorities the webhooks' certificate is of", {
        object: name,
      });
    }
  }
}

/** A Secret that was deleted comes back with a new certificate of the same authority, which everybody trusts. */
function withoutLeaf(kept: WebhookCertificates | undefined): WebhookCertificates | undefined {
  return kept === undefined ? undefined : { ...kept, leaf: { certificate: "", key: "" } };
}
