import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { X509Certificate } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { issueCertificate } from "../../src/certificates/authority.ts";
import { eventually } from "../support/eventually.ts";
import { MutualTlsStage, type Side } from "../support/mutual-tls-stage.ts";

const STEP_TIMEOUT_MS = 180_000;
const PATIENCE = { withinMs: 90_000, everyMs: 500 };
const PASSWORD = "s3cret-of-the-job";
const SIDES: readonly Side[] = ["allocator", "collector"];
/** Leaves live 90 days, and are renewed after 60. */
const SEVENTY_DAYS_MS = 70 * 86_400_000;
const NINETY_DAYS_MS = 90 * 86_400_000;
/** Some refreshes of a collector, and some scrapes. */
const A_WHILE_MS = 5_000;

let stage: MutualTlsStage;

beforeAll(async () => {
  stage = await MutualTlsStage.start(PASSWORD);
}, STEP_TIMEOUT_MS);

afterAll(async () => {
  await stage?.stop();
}, STEP_TIMEOUT_MS);

async function leafOf(side: Side): Promise<X509Certificate> {
  return new X509Certificate((await stage.secretOf(side))["tls.crt"] ?? "");
}

/** Cuts what is connected, and waits until both sides have shown the certificates of their Secrets to each other. */
async function expectShown(): Promise<void> {
  const leaves = await Promise.all(SIDES.map(leafOf));
  await eventually(async () => {
    stage.tunnel.cut();
    await delay(A_WHILE_MS);
    const shown = leaves.map(({ raw }) => stage.tunnel.hasSeen(raw));
    if (!shown.every(Boolean)) throw new Error(`shown: ${shown.join()}\n${stage.logs()}`);
  }, PATIENCE);
}

/** Does something with what is scraped meanwhile, and a while after it. Two intervals would be a scrape that is missing. */
async function withoutLosingTargets(change: () => Promise<void>): Promise<void> {
  const since = Date.now();
  await change();
  await delay(A_WHILE_MS);
  expect(stage.longestGapSince(since)).toBeLessThan(2);
}

describe("a collector and its allocator with certificates that the operator issues", () => {
  it(
    "meet by mutual TLS, and credentials arrive in clear",
    async () => {
      await stage.startPods();
      await eventually(() => {
        const credentials = stage.endpoints.map(({ last }) => last.credentials);
        if (credentials.some((each) => each !== `alice:${PASSWORD}`))
          throw new Error(`scraped with ${credentials.join()}\n${stage.logs()}`);
      }, PATIENCE);
      expect(new Set(stage.tunnel.asked)).toEqual(new Set(["main-targetallocator:443"]));
      await expectShown();
      const plain = await (await fetch(`${stage.plainUrl}/scrape_configs`)).text();
      expect(plain).toContain("alice");
      expect(plain).not.toContain(PASSWORD);
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "go on with certificates that are renewed because they are old, each side at a time of its own",
    async () => {
      for (const side of SIDES) {
        await stage.replaceLeaf(side, await oldLeaf(side));
        await stage.mount(side);
      }
      await expectShown();
      const old = await Promise.all(SIDES.map(leafOf));
      await withoutLosingTargets(async () => {
        await stage.startOperator();
        await eventually(async () => {
          const now = await Promise.all(SIDES.map(leafOf));
          expect(now.map(({ raw }, at) => old[at]?.raw.equals(raw))).toEqual([false, false]);
        }, PATIENCE);
        await stage.mount("allocator");
        stage.tunnel.cut();
        await delay(A_WHILE_MS);
        await stage.mount("collector");
        await expectShown();
      });
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "go on while a Secret that was deleted is made again",
    async () => {
      for (const side of SIDES) {
        const lost = await leafOf(side);
        await withoutLosingTargets(async () => {
          await stage.deleteSecret(side);
          await stage.startOperator();
          await eventually(async () => expect((await leafOf(side)).raw.equals(lost.raw)).toBe(false), PATIENCE);
          await stage.mount(side);
          await expectShown();
        });
      }
    },
    STEP_TIMEOUT_MS,
  );
});

/** A certificate that is like that of a side, and was issued seventy days ago. */
async function oldLeaf(side: Side): ReturnType<typeof issueCertificate> {
  const { subjectAltName = "" } = await leafOf(side);
  return issueCertificate(await stage.authority(), {
    commonName: "main",
    hosts: subjectAltName.split(", ").map((name) => name.replace(/^DNS:/, "")),
    usages: ["client", "server"],
    nowMs: Date.now() - SEVENTY_DAYS_MS,
    lifetimeMs: NINETY_DAYS_MS,
  });
}
