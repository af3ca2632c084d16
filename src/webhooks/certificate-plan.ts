import { createAuthority, issueCertificate } from "../certificates/authority.ts";
import type { KeyPair } from "../certificates/key-pair.ts";
import {
  isIssuedFor,
  isPair,
  joinBundle,
  needsRenewal,
  readCertificate,
  splitBundle,
} from "../certificates/read-certificate.ts";

/** The certificate that webhooks are served with, and the authorities that have issued it and will issue the next. */
export interface WebhookCertificates {
  /** Authorities that API servers are told to trust, in one PEM text. */
  readonly bundle: string;
  /** The private key of the one that issues. */
  readonly authorityKey: string;
  /** The private key of the one that will issue once everybody trusts it; absent most of the time. */
  readonly nextAuthorityKey?: string;
  /** What is served, signed by one of the bundle. */
  readonly leaf: KeyPair;
}

/** What a plan depends on besides what there is. */
export interface CertificateWishes {
  readonly nowMs: number;
  /** Names and addresses under which API servers call. */
  readonly hosts: readonly string[];
  /** The bundle of before stands wherever API servers look, and has done so for a while. */
  readonly trusted: boolean;
}

const DAY_MS = 86_400_000;
const AUTHORITY_LIFETIME_MS = 10 * 365 * DAY_MS;
const LEAF_LIFETIME_MS = 90 * DAY_MS;
/** How long API servers may take to notice what they are told to trust. They watch it: a second is usual. */
const TRUST_DELAY_MS = 10 * 60_000;
/** An authority's certificate begins this much before it was made; see writeCertificate. */
const BACKDATE_MS = 5 * 60_000;

/**
 * What the certificates should be now: the same object while nothing is due. A leaf is replaced when two thirds of its
 * life are over, when it stands for other hosts, or when it is broken. An authority is replaced in two steps, so that
 * there is no moment in which an API server meets a certificate that it does not trust: the next one is trusted beside
 * the old first, and issues only later. The old one stays in the bundle until its end.
 */
export async function planCertificates(
  present: WebhookCertificates | undefined,
  wishes: CertificateWishes,
): Promise<WebhookCertificates> {
  const authorities = await planAuthorities(present, wishes);
  const { issuer, ...planned } = authorities;
  const kept = present !== undefined && isGoodLeaf(present.leaf, authorities.bundle, wishes) ? present.leaf : undefined;
  const leaf = kept ?? (await newLeaf(issuer, wishes));
  const next: WebhookCertificates = { ...planned, leaf };
  return present !== undefined && isSame(present, next) ? present : next;
}

type Authorities = Omit<WebhookCertificates, "leaf"> & { readonly issuer: KeyPair };

async function planAuthorities(
  present: WebhookCertificates | undefined,
  { nowMs, trusted }: CertificateWishes,
): Promise<Authorities> {
  const valid = splitBundle(present?.bundle ?? "").filter((pem) => isValid(pem, nowMs));
  const current = pairOf(valid, present?.authorityKey);
  const coming = pairOf(valid, present?.nextAuthorityKey);
  if (current === undefined) {
    const issuer = coming ?? (await newAuthority(nowMs));
    return { bundle: joinBundle([...valid, issuer.certificate]), authorityKey: issuer.key, issuer };
  }
  if (coming !== undefined) {
    const isKnown = trusted && nowMs >= madeMs(coming.certificate) + TRUST_DELAY_MS;
    const bundle = joinBundle(valid);
    return isKnown
      ? { bundle, authorityKey: coming.key, issuer: coming }
      : { bundle, authorityKey: current.key, nextAuthorityKey: coming.key, issuer: current };
  }
  if (!needsRenewal(current.certificate, nowMs)) {
    return { bundle: joinBundle(valid), authorityKey: current.key, issuer: current };
  }
  const next = await newAuthority(nowMs);
  return {
    bundle: joinBundle([...valid, next.certificate]),
    authorityKey: current.key,
    nextAuthorityKey: next.key,
    issuer: current,
  };
}

function isValid(pem: string, nowMs: number): boolean {
  const certificate = readCertificate(pem);
  return certificate !== undefined && certificate.validToDate.getTime() > nowMs;
}

function pairOf(certificates: readonly string[], key: string | undefined): KeyPair | undefined {
  const certificate = key === undefined ? undefined : certificates.find((each) => isPair({ certificate: each, key }));
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

function madeMs(pem: string): number {
  return (readCertificate(pem)?.validFromDate.getTime() ?? 0) + BACKDATE_MS;
}

async function newAuthority(nowMs: number): Promise<KeyPair> {
  const commonName = `opentelemetry-operator webhooks ${new Date(nowMs).toISOString()}`;
  return createAuthority({ commonName, nowMs, lifetimeMs: AUTHORITY_LIFETIME_MS });
}

async function newLeaf(issuer: KeyPair, { nowMs, hosts }: CertificateWishes): Promise<KeyPair> {
  const [commonName = "webhooks"] = hosts;
  return issueCertificate(issuer, { commonName, nowMs, lifetimeMs: LEAF_LIFETIME_MS, hosts, usages: ["server"] });
}

function isGoodLeaf(leaf: KeyPair, bundle: string, { nowMs, hosts }: CertificateWishes): boolean {
  if (needsRenewal(leaf.certificate, nowMs)) return false;
  return splitBundle(bundle).some((authority) => isIssuedFor(leaf, authority, hosts));
}

function isSame(one: WebhookCertificates, other: WebhookCertificates): boolean {
  return (
    one.bundle === other.bundle &&
    one.authorityKey === other.authorityKey &&
    one.nextAuthorityKey === other.nextAuthorityKey &&
    one.leaf.certificate === other.leaf.certificate &&
    one.leaf.key === other.leaf.key
  );
}
