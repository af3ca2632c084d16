import { describe, expect, it } from "@jest/globals";

import { createAuthority } from "../../src/certificates/authority.ts";
import { isIssuedFor, isPair, splitBundle } from "../../src/certificates/read-certificate.ts";
import { planCertificates, type WebhookCertificates } from "../../src/webhooks/certificate-plan.ts";

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const NOW = Date.parse("2026-01-01T00:00:00Z");
const HOSTS = ["webhooks.otel.svc"];

const plan = async (present: WebhookCertificates | undefined, nowMs: number, trusted = true, hosts = HOSTS) =>
  planCertificates(present, { nowMs, hosts, trusted });

const first = await plan(undefined, NOW);

/** Whether whoever trusts the bundle takes the leaf. */
const isTrustedBy = (bundle: string, { leaf }: WebhookCertificates): boolean =>
  splitBundle(bundle).some((authority) => isIssuedFor(leaf, authority, HOSTS));

const withNext = await plan(first, NOW + 7 * YEAR_MS);

describe("the first certificates", () => {
  it("are one authority and a leaf of it, for every host", () => {
    expect(splitBundle(first.bundle)).toHaveLength(1);
    expect(isTrustedBy(first.bundle, first)).toBe(true);
    expect(first.nextAuthorityKey).toBeUndefined();
  });

  it("stay the very same while nothing is due", async () => {
    expect(await plan(first, NOW + 59 * DAY_MS)).toBe(first);
    expect(await plan(first, NOW + 59 * DAY_MS, false)).toBe(first);
  });
});

describe("a leaf", () => {
  const other = createAuthority({ commonName: "other", nowMs: NOW, lifetimeMs: YEAR_MS });
  it.each([
    { name: "two thirds of its life are over", present: first, nowMs: NOW + 60 * DAY_MS, hosts: HOSTS },
    { name: "it has ended", present: first, nowMs: NOW + 91 * DAY_MS, hosts: HOSTS },
    { name: "it is for other hosts", present: first, nowMs: NOW, hosts: [...HOSTS, "127.0.0.1"] },
    { name: "it is gone", present: { ...first, leaf: { certificate: "", key: "" } }, nowMs: NOW, hosts: HOSTS },
    {
      name: "its key is another's",
      present: { ...first, leaf: { ...first.leaf, key: first.authorityKey } },
      nowMs: NOW,
      hosts: HOSTS,
    },
  ])("is replaced, by the same authority, when $name", async ({ present, nowMs, hosts }) => {
    const next = await plan(present, nowMs, true, hosts);
    expect(next.bundle).toBe(first.bundle);
    expect(next.leaf.certificate).not.toBe(first.leaf.certificate);
    expect(isIssuedFor(next.leaf, first.bundle, hosts)).toBe(true);
  });

  it("is replaced when no authority in the bundle has signed it", async () => {
    const stranger = await other;
    const next = await plan({ ...first, bundle: stranger.certificate, authorityKey: stranger.key }, NOW);
    expect(isIssuedFor(next.leaf, stranger.certificate, HOSTS)).toBe(true);
  });
});

describe("an authority", () => {
  it("has its successor trusted beside it first, and goes on to issue", () => {
    expect(splitBundle(withNext.bundle)).toHaveLength(2);
    expect(withNext.authorityKey).toBe(first.authorityKey);
    expect(isTrustedBy(first.bundle, withNext)).toBe(true);
  });

  it.each([
    { name: "before API servers have had time to notice", afterMs: 9 * 60_000, trusted: true },
    { name: "while one of them has not been told", afterMs: DAY_MS, trusted: false },
  ])("is not followed $name", async ({ afterMs, trusted }) => {
    expect(await plan(withNext, NOW + 7 * YEAR_MS + afterMs, trusted)).toBe(withNext);
  });

  it("is followed later, stays trusted, and what it has issued goes on to be served", async () => {
    const later = await plan(withNext, NOW + 7 * YEAR_MS + 11 * 60_000);
    expect(later).toEqual({ bundle: withNext.bundle, authorityKey: withNext.nextAuthorityKey, leaf: withNext.leaf });
    const renewed = await plan(later, NOW + 7 * YEAR_MS + 61 * DAY_MS);
    const [old = "", successor = ""] = splitBundle(withNext.bundle);
    expect(isIssuedFor(renewed.leaf, successor, HOSTS)).toBe(true);
    expect(isIssuedFor(renewed.leaf, old, HOSTS)).toBe(false);
  });

  it("is forgotten when it has ended", async () => {
    const later = await plan(withNext, NOW + 10.1 * YEAR_MS);
    const [only = "", ...more] = splitBundle(later.bundle);
    expect(more).toEqual([]);
    expect(isPair({ certificate: only, key: later.authorityKey })).toBe(true);
  });

  it("whose key is lost is followed at once, by its successor if there is one, and stays trusted", async () => {
    const next = await plan({ ...withNext, authorityKey: "" }, NOW + 7 * YEAR_MS);
    expect(next.authorityKey).toBe(withNext.nextAuthorityKey);
    const anew = await plan({ ...first, authorityKey: "lost" }, NOW);
    expect(splitBundle(anew.bundle)).toHaveLength(2);
    expect(anew.leaf).toEqual(first.leaf);
  });
});

it("over thirty years, looked at every week, nobody meets a certificate that the bundle of the week before does not trust", async () => {
  let [present, nowMs] = [first, NOW];
  const leaves = new Set<string>();
  for (; nowMs < NOW + 30 * YEAR_MS; nowMs += 7 * DAY_MS) {
    const next = await plan(present, nowMs);
    expect(isTrustedBy(present.bundle, next)).toBe(true);
    leaves.add(next.leaf.certificate);
    present = next;
  }
  expect(leaves.size).toBeGreaterThan(100);
});
