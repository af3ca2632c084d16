import type { KubeObject, NamespacedName } from "../api/meta.ts";
import { RESOURCES } from "../api/resource-type.ts";
import type { KubeClient } from "../kube/client.ts";
import type { WebhookCertificates } from "./certificate-plan.ts";

/** A Secret of type kubernetes.io/tls, whose `ca.crt` has every authority that is trusted. */
interface TlsSecret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** The certificates as they are stored, with what the next write must name to be the next. */
export interface StoredCertificates {
  /** Undefined where there is nothing, or nothing that is ours. */
  readonly certificates: WebhookCertificates | undefined;
  /** Undefined where there is no Secret. */
  readonly resourceVersion: string | undefined;
}

const KEYS = {
  bundle: "ca.crt",
  authorityKey: "ca.key",
  nextAuthorityKey: "next-ca.key",
  certificate: "tls.crt",
  key: "tls.key",
} as const;

/** Keeps the certificates of all replicas in one Secret. */
export class CertificateSecret {
  readonly #client: KubeClient;
  readonly #key: NamespacedName;

  constructor(client: KubeClient, key: NamespacedName) {
    this.#client = client;
    this.#key = key;
  }

  async read(signal: AbortSignal): Promise<StoredCertificates> {
    const secret = await this.#client.get<TlsSecret>(RESOURCES.Secret, this.#key, signal);
    return { certificates: readSecret(secret), resourceVersion: secret?.metadata.resourceVersion };
  }

  /** ConflictError when another replica has written since `stored` was read. */
  async write(next: WebhookCertificates, { resourceVersion }: StoredCertificates, signal: AbortSignal): Promise<void> {
    const metadata = { ...this.#key, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    const secret = { apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/tls", data: toData(next) };
    if (resourceVersion === undefined) await this.#client.create(RESOURCES.Secret, secret, signal);
    else await this.#client.replace(RESOURCES.Secret, secret, signal);
  }
}

function readSecret(secret: TlsSecret | undefined): WebhookCertificates | undefined {
  if (secret === undefined) return undefined;
  const text = (name: keyof typeof KEYS): string =>
    Buffer.from(secret.data?.[KEYS[name]] ?? "", "base64").toString("utf8");
  const nextAuthorityKey = text("nextAuthorityKey");
  return {
    bundle: text("bundle"),
    authorityKey: text("authorityKey"),
    ...(nextAuthorityKey === "" ? {} : { nextAuthorityKey }),
    leaf: { certificate: text("certificate"), key: text("key") },
  };
}

function toData({
  bundle,
  authorityKey,
  nextAuthorityKey,
  leaf,
}: WebhookCertificates): Readonly<Record<string, string>> {
  const texts = { bundle, authorityKey, ...leaf, ...(nextAuthorityKey === undefined ? {} : { nextAuthorityKey }) };
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [
      KEYS[name as keyof typeof KEYS],
      Buffer.from(text).toString("base64"),
    ]),
  );
}
