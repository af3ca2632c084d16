import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import type { KubeObject } from "../../src/api/meta.ts";
import { toKubeError } from "../../src/kube/errors.ts";
import { AssetCache } from "../../src/prometheus-cr/asset-cache.ts";
import type { AssetId } from "../../src/prometheus-cr/asset-reader.ts";
import { AssetClient } from "../support/asset-client.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { FakeCluster } from "../support/fake-cluster.ts";
import { mustLeaveNothing } from "../support/left-behind.ts";

const FORBIDDEN = toKubeError("listing secrets: no", { status: 403, reason: "Forbidden" });
const CREDENTIALS: AssetId = { kind: "Secret", namespace: "shop", name: "creds" };
const AUTHORITY: AssetId = { kind: "ConfigMap", namespace: "shop", name: "ca" };

const secret = (password: string, version: string): KubeObject => {
  const data = { password: Buffer.from(password).toString("base64") };
  const metadata = { namespace: "shop", name: "creds", uid: "s", resourceVersion: version };
  const object = { apiVersion: "v1", kind: "Secret", metadata, data };
  return object;
};
const configMap = (text: string): KubeObject => {
  const metadata = { namespace: "shop", name: "ca", uid: "c", resourceVersion: text };
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "ca.crt": text } };
  return object;
};

describe("AssetCache", () => {
  let cluster: FakeCluster;
  let client: AssetClient;
  let clock: FakeClock;
  let changed: string[][];
  let watchable: boolean;
  let cache: AssetCache;
  const password = (): string => cache.secret("shop", { name: "creds", key: "password" });

  beforeEach(() => {
    cluster = new FakeCluster([secret("first", "1"), configMap("PEM")]);
    client = new AssetClient(cluster);
    clock = new FakeClock();
    changed = [];
    watchable = true;
    cache = new AssetCache({
      informers: cluster,
      client,
      clock,
      mayWatch: () => watchable,
      withholdSecrets: false,
      onChange: (users) => changed.push([...users]),
    });
  });
  afterEach(() => {
    cache.stop();
    mustLeaveNothing(cluster, clock);
  });

  it("watches exactly what is used, by its name, and tells the users when it is known", async () => {
    cache.use("a", [CREDENTIALS]);
    cache.use("b", [CREDENTIALS, AUTHORITY]);
    expect(cache.knows([CREDENTIALS])).toBe(false);
    await settle();
    expect(cache.knows([CREDENTIALS, AUTHORITY])).toBe(true);
    expect(password()).toBe("first");
    expect(cache.configMap("shop", { name: "ca", key: "ca.crt" })).toBe("PEM");
    expect(changed).toEqual([["a", "b"], ["b"]]);
    expect(cluster.scopes).toMatchObject([
      { namespace: "shop", fieldSelector: "metadata.name=creds", shape: "discovery" },
      { namespace: "shop", fieldSelector: "metadata.name=ca", shape: "discovery" },
    ]);
    expect(client.reads).toBe(0);
  });

  it("has a changed value when it changes, and none when it is deleted", async () => {
    cache.use("a", [CREDENTIALS]);
    await settle();
    cluster.put(secret("second", "2"));
    expect(password()).toBe("second");
    cluster.delete(secret("second", "2"));
    expect(password).toThrow("Secret shop/creds does not exist");
    cluster.put(secret("third", "3"));
    expect(password()).toBe("third");
    expect(changed).toHaveLength(4);
  });

  it("lets go of what nobody uses any more", async () => {
    cache.use("a", [CREDENTIALS, AUTHORITY]);
    cache.use("b", [CREDENTIALS]);
    cache.use("a", []);
    expect(cache.size).toBe(1);
    cache.use("b", []);
    expect(cache.size).toBe(0);
    expect(cluster.uses).toBe(0);
  });

  it("says what is missing", async () => {
    cache.use("a", [CREDENTIALS, { ...CREDENTIALS, name: "" }]);
    await settle();
    expect(cache.knows([{ ...CREDENTIALS, name: "" }])).toBe(true);
    expect(() => cache.secret("shop", { name: "creds", key: "user" })).toThrow('Secret shop/creds has no key "user"');
    expect(() => cache.secret("shop", { name: "creds", key: "constructor" })).toThrow("has no key");
    expect(() => cache.configMap("shop", {})).toThrow("ConfigMap shop/ does not exist");
  });

  describe("where Secrets must not be watched", () => {
    const refuse = (): void => {
      cluster.hold("Secret");
      cache.use("a", [CREDENTIALS]);
      cluster.fail("Secret", FORBIDDEN);
    };

    it("reads them, reads them again every minute, and says so", async () => {
      refuse();
      await settle();
      expect(password()).toBe("first");
      expect(cache.reread).toEqual([CREDENTIALS]);
      expect(cluster.uses).toBe(0);
      cluster.put(secret("second", "2"));
      await clock.advance(60_000);
      expect(password()).toBe("second");
      expect(changed).toEqual([["a"], ["a"]]);
      expect(client.reads).toBe(2);
    });

    it("tries to watch them again now and then", async () => {
      refuse();
      await settle();
      cluster.fail("Secret", undefined);
      cluster.release("Secret");
      await clock.advance(10 * 60_000);
      expect(cluster.uses).toBe(1);
      cluster.put(secret("second", "2"));
      expect(password()).toBe("second");
      expect(cache.reread).toEqual([]);
    });

    it("keeps what it has read while it cannot be read", async () => {
      refuse();
      await settle();
      client.error = FORBIDDEN;
      await clock.advance(60_000);
      expect(password()).toBe("first");
    });

    it("says that they cannot be read either", async () => {
      client.error = toKubeError("reading Secret shop/creds: no", { status: 403, reason: "Forbidden" });
      cluster.delete(secret("first", "1"));
      refuse();
      cluster.put(secret("first", "1"));
      await settle();
      expect(cache.knows([CREDENTIALS])).toBe(true);
      expect(password).toThrow("Secret shop/creds cannot be read: reading Secret shop/creds: no");
      client.error = undefined;
      await clock.advance(60_000);
      expect(password()).toBe("first");
    });
  });

  it("reads without trying to watch where that is not wanted", async () => {
    watchable = false;
    cache.use("a", [CREDENTIALS]);
    await settle();
    expect(password()).toBe("first");
    await clock.advance(30 * 60_000);
    expect(cluster.scopes).toEqual([]);
    expect(client.reads).toBe(31);
  });

  it("asks for no Secret where Secrets are withheld, and has marks for their values", async () => {
    const withholding = new AssetCache({
      informers: cluster,
      client,
      clock,
      mayWatch: () => true,
      withholdSecrets: true,
      onChange: () => undefined,
    });
    withholding.use("a", [CREDENTIALS, AUTHORITY]);
    expect(withholding.knows([CREDENTIALS])).toBe(true);
    expect(withholding.secret("shop", { name: "creds", key: "password" })).toBe("<secret>");
    expect(cluster.scopes.map(({ type }) => type.kind)).toEqual(["ConfigMap"]);
    withholding.stop();
  });

  it("waits while the server cannot tell", async () => {
    client.error = toKubeError("no answer", { status: 0, reason: "" });
    watchable = false;
    cache.use("a", [CREDENTIALS]);
    await settle();
    expect(cache.knows([CREDENTIALS])).toBe(false);
  });
});
