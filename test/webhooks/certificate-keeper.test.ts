import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import { getEventListeners } from "node:events";

import type { KubeObject } from "../../src/api/meta.ts";
import { apiVersionOf, RESOURCES } from "../../src/api/resource-type.ts";
import type { KeyPair } from "../../src/certificates/key-pair.ts";
import { isIssuedFor, needsRenewal, splitBundle } from "../../src/certificates/read-certificate.ts";
import { ConflictError, ForbiddenError } from "../../src/kube/errors.ts";
import type { InformerFactory } from "../../src/kube/informer.ts";
import { InMemoryCluster } from "../../src/kube/in-memory/in-memory-cluster.ts";
import { CertificateKeeper } from "../../src/webhooks/certificate-keeper.ts";
import { TRUSTING_OBJECTS } from "../../src/webhooks/trust.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeInformers } from "../support/fake-informers.ts";
import { FlakyConnection } from "../support/flaky-client.ts";
import { MemoryLogger } from "../support/memory-logger.ts";

const SECRET = { namespace: "otel", name: "certificate" };
const HOST = "webhooks.otel.svc";
const CONFIG = { service: { namespace: "otel", name: "webhooks", path: "/x" } };
const DAY_MS = 86_400_000;

type Secret = KubeObject & { readonly data: Readonly<Record<string, string>> };

let clock: FakeClock;
let cluster: InMemoryCluster;
let log: MemoryLogger;
let stop: AbortController;
let running: Promise<void>[];
const admin = () => cluster.client("admin");

beforeEach(() => {
  clock = new FakeClock();
  cluster = new InMemoryCluster({ missingNamespaces: "create" });
  log = new MemoryLogger();
  stop = new AbortController();
  running = [];
  for (const { type, name } of TRUSTING_OBJECTS) {
    const spec = { versions: ["kept"], conversion: { strategy: "Webhook", webhook: { clientConfig: CONFIG } } };
    const parts =
      type === RESOURCES.CustomResourceDefinition ? { spec } : { webhooks: [{ name: "w", clientConfig: CONFIG }] };
    cluster.put(type, { apiVersion: apiVersionOf(type), kind: type.kind, metadata: { name }, ...parts });
  }
});

afterEach(async () => {
  stop.abort();
  await Promise.all(running);
  await cluster.informers.close();
});

interface Replica {
  readonly leaves: KeyPair[];
  readonly keeper: CertificateKeeper;
  readonly connection: FlakyConnection;
}

function start(informers: InformerFactory = cluster.informers): Replica {
  const leaves: KeyPair[] = [];
  const connection = new FlakyConnection(cluster.client("operator"));
  const keeper = new CertificateKeeper({
    client: connection.client,
    informers,
    clock,
    log,
    namespace: "otel",
    secretName: SECRET.name,
    serviceName: "webhooks",
    moreHosts: [],
    onLeaf: (leaf) => void leaves.push(leaf),
  });
  running.push(keeper.run(stop.signal));
  return { leaves, keeper, connection };
}

async function stored(): Promise<Readonly<Record<string, string>>> {
  const secret = await admin().get<Secret>(RESOURCES.Secret, SECRET);
  if (secret === undefined) throw new Error("there is no Secret");
  const entries = Object.entries(secret.data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]);
  return Object.fromEntries(entries) as Readonly<Record<string, string>>;
}

/** What API servers are told to trust, by all objects alike. */
async function trusted(): Promise<string> {
  const texts = await Promise.all(
    TRUSTING_OBJECTS.map(async ({ type, name }) => {
      const text = JSON.stringify(await admin().get(type, { namespace: "", name }));
      return Buffer.from(/"caBundle":"([^"]*)"/.exec(text)?.[1] ?? "", "base64").toString();
    }),
  );
  expect(new Set(texts).size).toBe(1);
  return texts[0] ?? "";
}

async function untilAtRest({ keeper }: Replica): Promise<void> {
  await eventually(async () => {
    expect(keeper.problem()).toBeUndefined();
    expect(await trusted()).toBe((await stored())["ca.crt"]);
  });
}

describe("one replica", () => {
  it("makes a certificate, keeps it in a Secret of type kubernetes.io/tls, and tells API servers whom to trust", async () => {
    const replica = start();
    await untilAtRest(replica);
    const secret = await stored();
    expect(replica.leaves).toEqual([{ certificate: secret["tls.crt"], key: secret["tls.key"] }]);
    expect(isIssuedFor(replica.leaves[0] as KeyPair, await trusted(), [HOST])).toBe(true);
    expect(await admin().get(RESOURCES.Secret, SECRET)).toHaveProperty("type", "kubernetes.io/tls");
    const { type, name } = TRUSTING_OBJECTS[0] as (typeof TRUSTING_OBJECTS)[number];
    expect(await admin().get(type, { namespace: "", name })).toHaveProperty("spec.versions", ["kept"]);
  });

  it("asks for nothing but its Secret once an hour, at rest", async () => {
    const replica = start();
    await untilAtRest(replica);
    await eventually(() => expect(clock.pending).toBe(1));
    replica.connection.calls.length = 0;
    await clock.advance(3_600_000);
    await eventually(() => expect(clock.pending).toBe(1));
    expect(replica.connection.calls).toEqual(["get Secret"]);
  });

  it("renews it in time, for those that trust what they trusted before", async () => {
    const replica = start();
    await untilAtRest(replica);
    const before = await trusted();
    await eventually(() => expect(clock.pending).toBe(1));
    clock.jumpWallClock(61 * DAY_MS);
    await clock.advance(3_600_000);
    await eventually(() => expect(replica.leaves).toHaveLength(2));
    await untilAtRest(replica);
    expect(await trusted()).toBe(before);
    expect(isIssuedFor(replica.leaves[1] as KeyPair, before, [HOST])).toBe(true);
    expect(needsRenewal(replica.leaves[1]?.certificate ?? "", clock.now())).toBe(false);
  });

  it("puts the bundle back where somebody has taken it away", async () => {
    const replica = start();
    await untilAtRest(replica);
    for (const { type, name } of TRUSTING_OBJECTS) {
      const object = (await admin().get(type, { namespace: "", name })) as KubeObject;
      await admin().replace(
        type,
        JSON.parse(JSON.stringify(object).replaceAll(/,"caBundle":"[^"]*"/g, "")) as KubeObject,
      );
    }
    expect(await trusted()).toBe("");
    await untilAtRest(replica);
  });

  it("brings a Secret back that was deleted, with the same authority", async () => {
    const replica = start();
    await untilAtRest(replica);
    const before = await stored();
    await admin().delete(RESOURCES.Secret, SECRET);
    await eventually(async () => expect((await stored())["ca.crt"]).toBe(before["ca.crt"]));
    await untilAtRest(replica);
    expect(replica.leaves).toHaveLength(2);
  });

  it("goes on with what there is when it starts again", async () => {
    await untilAtRest(start());
    const before = await stored();
    stop.abort();
    await Promise.all(running);
    expect(clock.pending).toBe(0);
    stop = new AbortController();
    const second = start();
    await untilAtRest(second);
    expect(await stored()).toEqual(before);
    expect(second.connection.calls).not.toContain("replace Secret");
  });

  it("says what is wrong, tries again at growing intervals, and recovers", async () => {
    const refusal = new ForbiddenError("creating Secret otel/certificate: not allowed", {
      status: 403,
      reason: "Forbidden",
    });
    const replica = start();
    replica.connection.refusal = refusal;
    await eventually(() => expect(replica.keeper.problem()).toBe(refusal.message));
    await eventually(() => expect(clock.pending).toBe(1));
    replica.connection.refusal = undefined;
    await clock.advance(60_000);
    await untilAtRest(replica);
  });

  it.each(TRUSTING_OBJECTS.map(({ type }) => type))(
    "says so while it may not see $plural, and nobody knows whether it is trusted",
    async (type) => {
      const informers = new FakeInformers();
      const watches = new Map(TRUSTING_OBJECTS.map((each) => [each.type, informers.watch({ type: each.type })]));
      const replica = start(informers);
      for (const [other, watch] of watches) if (other !== type) watch.sync();
      await eventually(() => expect(clock.pending).toBe(1));
      expect(replica.keeper.problem()).toBeUndefined();

      const unseen = watches.get(type);
      unseen?.fail(new Error(`listing ${type.plural}: not allowed`));
      expect(replica.keeper.problem()).toBe(
        `it is not known whether API servers trust the webhooks: listing ${type.plural}: not allowed`,
      );
      unseen?.sync();
      await eventually(() => expect(replica.keeper.problem()).toBeUndefined());
      unseen?.fail(new Error("lost for a while"));
      expect(replica.keeper.problem()).toBeUndefined();
    },
  );

  it("takes a conflict or two for another replica, and says so when there is no end to them", async () => {
    const conflict = new ConflictError("replacing Secret otel/certificate: changed meanwhile", {
      status: 409,
      reason: "Conflict",
    });
    const replica = start();
    replica.connection.refusal = conflict;
    await eventually(() => expect(clock.pending).toBe(1));
    expect(replica.keeper.problem()).toBeUndefined();
    await eventually(async () => {
      await clock.advance(60_000);
      expect(replica.keeper.problem()).toBe(conflict.message);
    });
    replica.connection.refusal = undefined;
    await clock.advance(60_000);
    await untilAtRest(replica);
  });

  it("leaves nothing behind on its signal, however often it has waited", async () => {
    const { signal } = stop;
    const replica = start();
    await untilAtRest(replica);
    await eventually(() => expect(clock.pending).toBe(1));
    const before = getEventListeners(signal, "abort").length;
    for (let hours = 0; hours < 3; hours += 1) {
      await clock.advance(3_600_000);
      await eventually(() => expect(clock.pending).toBe(1));
    }
    expect(getEventListeners(signal, "abort")).toHaveLength(before);
  });
});

describe("several replicas", () => {
  it("serve one certificate, whoever makes it", async () => {
    const replicas = [start(), start(), start()];
    await eventually(async () => {
      await clock.advance(1_000);
      const leaf = (await stored())["tls.crt"];
      for (const { leaves } of replicas) expect(leaves.at(-1)?.certificate).toBe(leaf);
    });
    for (const replica of replicas) await untilAtRest(replica);
    expect(splitBundle(await trusted())).toHaveLength(1);
  });
});
