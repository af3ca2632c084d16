import { type KubeObject, keyOf, objectKey } from "../../api/meta.ts";
import type { TargetAllocator } from "../../api/opentelemetry/target-allocator.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { KubeClient } from "../../kube/client.ts";
import { ForbiddenError } from "../../kube/errors.ts";
import type { Clock } from "../../observability/clock.ts";
import { isRefusal } from "../cluster-grants.ts";
import { holds } from "../drift.ts";
import { CERTIFICATES_ANNOTATION } from "../manifests/labels.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import { controllerOf } from "../manifests/owner-reference.ts";
import type { ObjectCache } from "../object-cache.ts";
import { DONE, type ReconcileContext, type Reconciler, type Request, type Result } from "../runtime/reconciler.ts";
import { type AllocatorIdentity, allocatorHosts } from "./allocator-input.ts";
import { buildSecrets, certificateSecretNames, readSecrets, type SecretObject } from "./certificate-secrets.ts";
import type { Hindrances } from "./hindrances.ts";
import { isLeftAlone } from "./left-alone.ts";
import { certificateSource } from "./mutual-tls.ts";
import { type KeptCertificates, renewalDue, renewCertificates } from "./own-certificates.ts";

export interface CertificateReconcilerOptions {
  readonly client: KubeClient;
  /** Holds the TargetAllocators and the collectors that they were made for. */
  readonly cache: ObjectCache;
  readonly hindrances: Hindrances;
  readonly clock: Pick<Clock, "now">;
  readonly settings: ManifestSettings;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** Secrets are not watched, so that the operator does not see those of others: how soon a lost one is made again. */
const LOOK_AGAIN_MS = 3_600_000;
/** By how much of it sooner at most, so that the allocators of a cluster do not go on in step. */
const LOOK_AGAIN_SPREAD = 0.25;
/** Rights may be given at any time, and nobody tells. */
const RIGHTS_RETRY_MS = 60_000;

/** What became of a pass. */
interface Pass {
  readonly result: Result;
  /** Why the certificates are not as they should be. */
  readonly hindrance: string | undefined;
}

const SETTLED: Pass = { result: DONE, hindrance: undefined };

/** Issues the certificates of allocators with mutual TLS and neither cert-manager nor certificates of their user's. */
export class CertificateReconciler implements Reconciler {
  readonly #options: CertificateReconcilerOptions;
  /** By key, the UIDs of those that have been issued certificates: whoever replaces a resource leaves the mark out. */
  readonly #issued = new Map<string, string | undefined>();

  constructor(options: CertificateReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(request: Request, { signal }: ReconcileContext): Promise<Result> {
    const { cache, hindrances } = this.#options;
    const found: TargetAllocator | undefined = cache.get(RESOURCES.TargetAllocator, request);
    // Its Secrets go with it.
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) {
      this.#issued.delete(keyOf(request));
      hindrances.tell(keyOf(request), "certificates", undefined);
      return DONE;
    }
    if (found.spec?.mtls === undefined && !this.#mayHaveSecrets(found)) {
      hindrances.tell(keyOf(request), "certificates", undefined);
      return DONE;
    }
    if (isLeftAlone(found, cache)) return DONE;
    const { result, hindrance } = await this.#attempt(found, signal);
    hindrances.tell(keyOf(request), "certificates", hindrance);
    return result;
  }

  async #attempt(found: TargetAllocator, signal: AbortSignal): Promise<Pass> {
    try {
      return await this.#pass(found, signal);
    } catch (error) {
      // A token that is refused says nothing of rights.
      if (!(error instanceof ForbiddenError) || error.status === 401) throw error;
      if (certificateSource(found.spec?.mtls)?.from !== "operator") {
        const result = this.#mayHaveSecrets(found) ? { requeueAfterMs: this.#lookAgainMs() } : DONE;
        return { result, hindrance: undefined };
      }
      return { result: { requeueAfterMs: RIGHTS_RETRY_MS }, hindrance: withoutRights(error, found) };
    }
  }

  async #pass(allocator: TargetAllocator, signal: AbortSignal): Promise<Pass> {
    const source = certificateSource(allocator.spec?.mtls);
    // It finds the Secrets of these names and issues into them anew.
    if (source?.from === "cert-manager") return SETTLED;
    const secrets = await this.#read(allocator, signal);
    if (source?.from === "operator") {
      const foreign = secrets.find((secret) => secret !== undefined && !mayBeTakenOver(secret, allocator));
      if (foreign !== undefined) return { result: { requeueAfterMs: RIGHTS_RETRY_MS }, hindrance: takenNote(foreign) };
      // Before there is anything to remove: should this process end in between, it is known that there may be.
      await this.#mark(allocator, signal);
      return { result: await this.#renew(allocator, secrets, signal), hindrance: undefined };
    }
    for (const secret of secrets)
      if (secret !== undefined && isOwn(secret, allocator)) await this.#delete(secret, signal);
    await this.#unmark(allocator, signal);
    return SETTLED;
  }

  #mayHaveSecrets(allocator: TargetAllocator): boolean {
    const { annotations = {}, uid } = allocator.metadata;
    const key = objectKey(allocator);
    return CERTIFICATES_ANNOTATION in annotations || (this.#issued.has(key) && this.#issued.get(key) === uid);
  }

  async #mark(allocator: TargetAllocator, signal: AbortSignal): Promise<void> {
    this.#issued.set(objectKey(allocator), allocator.metadata.uid);
    if (CERTIFICATES_ANNOTATION in (allocator.metadata.annotations ?? {})) return;
    try {
      await this.#annotate(allocator, "true", signal);
    } catch (error) {
      // An admission webhook may be against any change. The allocator needs its certificates all the same.
      if (!isRefusal(error)) throw error;
    }
  }

  async #unmark(allocator: TargetAllocator, signal: AbortSignal): Promise<void> {
    if (CERTIFICATES_ANNOTATION in (allocator.metadata.annotations ?? {}))
      await this.#annotate(allocator, null, signal);
    this.#issued.delete(objectKey(allocator));
  }

  async #annotate({ metadata }: TargetAllocator, value: string | null, signal: AbortSignal): Promise<void> {
    const { namespace = "", name } = metadata;
    const patch = { metadata: { annotations: { [CERTIFICATES_ANNOTATION]: value } } };
    await this.#options.client.mergePatch(RESOURCES.TargetAllocator, { namespace, name }, patch, signal);
  }

  async #renew(
    allocator: TargetAllocator,
    secrets: readonly (SecretObject | undefined)[],
    signal: AbortSignal,
  ): Promise<Result> {
    const { clock, settings } = this.#options;
    const identity: AllocatorIdentity = { owner: allocator, spec: allocator.spec ?? {}, settings };
    const nowMs = clock.now();
    const current = await renewCertificates(keptOf(secrets, allocator), {
      name: allocator.metadata.name,
      hosts: allocatorHosts(identity),
      nowMs,
    });
    for (const [at, wanted] of buildSecrets(identity, current).entries()) {
      if (!holds(secrets[at], wanted)) await this.#options.client.apply<KubeObject>(RESOURCES.Secret, wanted, signal);
    }
    const due = renewalDue(current) - nowMs;
    return { requeueAfterMs: Math.max(1_000, Math.min(due, this.#lookAgainMs())) };
  }

  #lookAgainMs(): number {
    const { random = Math.random } = this.#options;
    return Math.round(LOOK_AGAIN_MS * (1 - LOOK_AGAIN_SPREAD * random()));
  }

  /** In the order of {@link certificateSecretNames}. */
  async #read(
    { metadata: { namespace = "", name } }: TargetAllocator,
    signal: AbortSignal,
  ): Promise<readonly (SecretObject | undefined)[]> {
    const found: (SecretObject | undefined)[] = [];
    for (const secret of certificateSecretNames(name))
      found.push(await this.#options.client.get<SecretObject>(RESOURCES.Secret, { namespace, name: secret }, signal));
    return found;
  }

  async #delete({ metadata }: SecretObject, signal: AbortSignal): Promise<void> {
    const { namespace = "", name, uid } = metadata;
    await this.#options.client.delete(RESOURCES.Secret, { namespace, name }, uid === undefined ? {} : { uid }, signal);
  }
}

/** What can be gone on with. Keys that others have made are not, but who was trusted still is. */
function keptOf(secrets: readonly (SecretObject | undefined)[], allocator: TargetAllocator): KeptCertificates {
  const [authority, server, client] = secrets.map((secret) =>
    secret !== undefined && isOwn(secret, allocator) ? secret : undefined,
  );
  const { trusted } = readSecrets(secrets[0], undefined, undefined);
  return { ...readSecrets(authority, server, client), trusted };
}

function isOwn(secret: SecretObject, { metadata: { uid } }: TargetAllocator): boolean {
  return controllerOf(secret)?.uid === uid;
}

/** cert-manager leaves its Secrets behind, and marks them. */
function mayBeTakenOver(secret: SecretObject, allocator: TargetAllocator): boolean {
  const { annotations = {}, name } = secret.metadata;
  if (isOwn(secret, allocator)) return true;
  return controllerOf(secret) === undefined && annotations["cert-manager.io/certificate-name"] === name;
}

function takenNote({ metadata: { namespace = "", name } }: SecretObject): string {
  return `Secret ${namespace}/${name} exists and is somebody's own: rename it, or name it in spec.mtls.tls to have it used`;
}

function withoutRights(error: ForbiddenError, { metadata: { namespace = "" } }: TargetAllocator): string {
  return (
    `the certificates of mutual TLS are not issued, because the operator may not keep Secrets in namespace ${namespace}: ` +
    "bind the ClusterRole opentelemetry-operator-certificates-role to its account " +
    `(config/rbac-optional/certificates), or let cert-manager issue them; ${error.message}`
  );
}
