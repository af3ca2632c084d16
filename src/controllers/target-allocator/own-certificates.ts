import { type CertificateRequest, createAuthority, issueCertificate } from "../../certificates/authority.ts";
import type { KeyPair } from "../../certificates/key-pair.ts";
import {
  isIssuedFor,
  isPair,
  joinBundle,
  needsRenewal,
  readCertificate,
  renewalMs,
  splitBundle,
} from "../../certificates/read-certificate.ts";

/** The certificates of an allocator and its collectors, as they are kept. Any of them may be missing or no good. */
export interface KeptCertificates {
  readonly authority?: KeyPair | undefined;
  /** Trusted already, and not issuing yet. */
  readonly nextAuthority?: KeyPair | undefined;
  /** All authorities that are trusted, PEM. */
  readonly trusted: string;
  readonly server?: KeyPair | undefined;
  readonly client?: KeyPair | undefined;
}

/** As they must be now. */
export interface CurrentCertificates extends KeptCertificates {
  readonly authority: KeyPair;
  readonly server: KeyPair;
  readonly client: KeyPair;
}

export interface CertificateWish {
  /** Of the allocator; it appears in the certificates. */
  readonly name: string;
  /** The names by which the allocator is asked. */
  readonly hosts: readonly string[];
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

const DAY_MS = 86_400_000;
const AUTHORITY_LIFETIME_MS = 3 * 365 * DAY_MS;
/** Much shorter than what is left of an authority's life when it is replaced. */
const LEAF_LIFETIME_MS = 90 * DAY_MS;
/** How long a new authority is trusted before it issues: Secrets reach pods in minutes, some collectors are asleep. */
const PROPAGATION_MS = DAY_MS;

/**
 * The certificates as they must be now: those that there are while they are good, new ones in time. Whatever one side shows
 * is signed by somebody whom the other has trusted for a day, so neither has to be renewed at the moment of the other.
 */
export async function renewCertificates(kept: KeptCertificates, wish: CertificateWish): Promise<CurrentCertificates> {
  const { authority, nextAuthority } = await renewAuthorities(kept, wish);
  const trusted = joinBundle([
    authority.certificate,
    ...(nextAuthority === undefined ? [] : [nextAuthority.certificate]),
    ...splitBundle(kept.trusted).filter((certificate) => holdsAt(certificate, wish.nowMs)),
  ]);
  return {
    authority,
    ...(nextAuthority === undefined ? {} : { nextAuthority }),
    trusted,
    server: await renewLeaf(kept.server, { authority, usages: ["server", "client"], wish }),
    client: await renewLeaf(kept.client, { authority, usages: ["client", "server"], wish }),
  };
}

/** When {@link renewCertificates} will have something to do, in milliseconds since 1970. */
export function renewalDue({ authority, nextAuthority, server, client }: CurrentCertificates): number {
  const renewals = [authority, server, client].flatMap(({ certificate }) => {
    const read = readCertificate(certificate);
    return read === undefined ? [] : [renewalMs(read)];
  });
  // The authority is being renewed already: what is awaited is its successor.
  return nextAuthority === undefined
    ? Math.min(...renewals)
    : Math.min(...renewals.slice(1), issuesFrom(nextAuthority));
}

async function renewAuthorities(
  { authority, nextAuthority: next }: KeptCertificates,
  wish: CertificateWish,
): Promise<{ readonly authority: KeyPair; readonly nextAuthority: KeyPair | undefined }> {
  const isGood = (pair: KeyPair | undefined): pair is KeyPair =>
    pair !== undefined && isPair(pair) && holdsAt(pair.certificate, wish.nowMs);
  // Nothing good is left: whoever trusts the former one has to wait for the new Secret.
  if (!isGood(authority)) {
    return { authority: isGood(next) ? next : await newAuthority(wish), nextAuthority: undefined };
  }
  if (isGood(next)) {
    return issuesFrom(next) <= wish.nowMs
      ? { authority: next, nextAuthority: undefined }
      : { authority, nextAuthority: next };
  }
  const isDue = needsRenewal(authority.certificate, wish.nowMs);
  return { authority, nextAuthority: isDue ? await newAuthority(wish) : undefined };
}

async function newAuthority({ name, nowMs }: CertificateWish): Promise<KeyPair> {
  return createAuthority({ commonName: `${name} authority`, nowMs, lifetimeMs: AUTHORITY_LIFETIME_MS });
}

function issuesFrom({ certificate }: KeyPair): number {
  return (readCertificate(certificate)?.validFromDate.getTime() ?? 0) + PROPAGATION_MS;
}

interface LeafTerms {
  readonly authority: KeyPair;
  readonly usages: CertificateRequest["usages"];
  readonly wish: CertificateWish;
}

async function renewLeaf(kept: KeyPair | undefined, { authority, usages, wish }: LeafTerms): Promise<KeyPair> {
  const { name, hosts, nowMs } = wish;
  const isGood =
    kept !== undefined && isIssuedFor(kept, authority.certificate, hosts) && !needsRenewal(kept.certificate, nowMs);
  if (isGood) return kept;
  return issueCertificate(authority, { commonName: name, nowMs, lifetimeMs: LEAF_LIFETIME_MS, hosts, usages });
}

function holdsAt(certificate: string, nowMs: number): boolean {
  const read = readCertificate(certificate);
  return read !== undefined && nowMs < read.validToDate.getTime();
}
