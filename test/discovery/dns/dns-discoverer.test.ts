import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import type { DataObject } from "../../../src/allocator/index.ts";
import { DnsDiscoverer } from "../../../src/discovery/dns/dns-discoverer.ts";
import { createDnsQuery, type DnsQuery } from "../../../src/discovery/dns/dns-query.ts";
import { readDnsSettings } from "../../../src/discovery/dns/settings.ts";
import { DnsServer } from "../../support/dns-server.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { discovered } from "../../support/label-groups.ts";
import { RecordingSink } from "../../support/recording-sink.ts";

let server: DnsServer;
const stages: Stage[] = [];

beforeEach(async () => {
  server = await new DnsServer().start();
});

afterEach(async () => {
  await Promise.all(stages.splice(0).map(async (stage) => stage.stop()));
  await server.stop();
});

interface StageOptions {
  readonly query?: DnsQuery;
  /** @default one server, no search domains */
  readonly resolverConfig?: () => Promise<string>;
}

/** A discoverer that runs against the server until the test ends. */
class Stage {
  readonly clock = new FakeClock();
  readonly sink = new RecordingSink();
  readonly lookups: boolean[] = [];
  looks = 0;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(settings: DataObject, { query, resolverConfig }: StageOptions = {}) {
    const discoverer = new DnsDiscoverer({
      settings: readDnsSettings({ type: "SRV", port: 0, refresh_interval: "30s", ...settings }),
      query: query ?? createDnsQuery(server.port),
      readResolverConfig: resolverConfig ?? (async () => "nameserver 127.0.0.1"),
      clock: this.clock,
      observer: {
        refreshed: () => (this.looks += 1),
        ended: () => undefined,
        lookedUp: (failed) => this.lookups.push(failed),
      },
    });
    this.#done = discoverer.run(this.sink, this.#stop.signal);
    stages.push(this);
  }

  /** Waits until so many looks are over. */
  async looked(count: number): Promise<void> {
    const look = (): void => {
      if (this.looks < count) throw new Error(`${String(this.looks)} looks, waiting for ${String(count)}`);
    };
    await eventually(look, { everyMs: 5 });
    await settle();
  }

  /** The addresses known now, by name. */
  get addresses(): Readonly<Record<string, readonly string[]>> {
    const entries = [...this.sink.groups].map(([source, group]): [string, string[]] => [
      source,
      discovered(group).map(({ __address__: address = "" }) => address),
    ]);
    return Object.fromEntries(entries);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}

/** The labels of a target, with all that its record does not have empty. */
function labels(
  name: string,
  address: string,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return {
    __address__: address,
    __meta_dns_name: name,
    __meta_dns_mx_record_target: "",
    __meta_dns_ns_record_target: "",
    __meta_dns_srv_record_port: "",
    __meta_dns_srv_record_target: "",
    ...more,
  };
}

describe("dns_sd_configs finds the targets of", () => {
  it.each<{ type: string; records: Parameters<DnsServer["zones"]["set"]>[1]; targets: readonly unknown[] }>([
    {
      type: "A",
      records: [
        { type: "A", address: "10.0.0.2" },
        { type: "A", address: "10.0.0.1" },
      ],
      targets: [labels("web.example.com", "10.0.0.1:80"), labels("web.example.com", "10.0.0.2:80")],
    },
    {
      type: "AAAA",
      records: [{ type: "AAAA", address: "fd00::1" }],
      targets: [labels("web.example.com", "[fd00::1]:80")],
    },
    {
      type: "SRV",
      records: [
        { type: "SRV", name: "db0.example.com.", port: 3306 },
        { type: "SRV", name: "db1.example.com.", port: 3307 },
      ],
      targets: [
        labels("web.example.com", "db0.example.com:3306", {
          __meta_dns_srv_record_target: "db0.example.com.",
          __meta_dns_srv_record_port: "3306",
        }),
        labels("web.example.com", "db1.example.com:3307", {
          __meta_dns_srv_record_target: "db1.example.com.",
          __meta_dns_srv_record_port: "3307",
        }),
      ],
    },
    {
      type: "MX",
      records: [{ type: "MX", name: "smtp.example.com." }],
      targets: [labels("web.example.com", "smtp.example.com:80", { __meta_dns_mx_record_target: "smtp.example.com." })],
    },
    {
      type: "NS",
      records: [{ type: "NS", name: "ns1.example.com." }],
      targets: [labels("web.example.com", "ns1.example.com:80", { __meta_dns_ns_record_target: "ns1.example.com." })],
    },
    {
      type: "srv",
      records: [{ type: "SRV", name: ".", port: 0 }],
      targets: [
        labels("web.example.com", ":0", { __meta_dns_srv_record_target: ".", __meta_dns_srv_record_port: "0" }),
      ],
    },
  ])("$type records", async ({ type, records, targets }) => {
    server.zones.set("web.example.com", records);
    const stage = new Stage({ names: ["web.example.com"], type, port: 80 });
    await stage.looked(1);
    expect(stage.sink.sources).toEqual([["web.example.com"]]);
    expect([...stage.sink.groups.values()].flatMap(discovered)).toEqual(targets);
    expect([stage.sink.failing, stage.lookups]).toEqual([undefined, [false]]);
  });

  it("several names, each in its own group", async () => {
    server.zones.set("a.example.com", [{ type: "A", address: "10.0.0.1" }]);
    server.zones.set("b.example.com", [{ type: "A", address: "10.0.0.2" }]);
    const stage = new Stage({ names: ["a.example.com", "b.example.com", "a.example.com"], type: "A", port: 80 });
    await stage.looked(1);
    expect(stage.addresses).toEqual({ "a.example.com": ["10.0.0.1:80"], "b.example.com": ["10.0.0.2:80"] });
  });

  it("a name that is an alias, without the alias", async () => {
    server.zones.set("web.example.com", [
      { type: "CNAME", name: "web.example.com." },
      { type: "A", address: "10.0.0.1" },
    ]);
    const stage = new Stage({ names: ["web.example.com"], type: "A", port: 80 });
    await stage.looked(1);
    expect(stage.addresses).toEqual({ "web.example.com": ["10.0.0.1:80"] });
  });

  it("an answer that is too long for UDP, by TCP", async () => {
    const records = Array.from({ length: 200 }, (_, i) => ({ type: "A" as const, address: `10.0.0.${String(i)}` }));
    server.zones.set("web.example.com", records);
    const stage = new Stage({ names: ["web.example.com"], type: "A", port: 80 });
    await stage.looked(1);
    expect(stage.addresses["web.example.com"]).toHaveLength(200);
    expect(server.questions.map(({ transport }) => transport)).toEqual(["udp", "tcp"]);
  });
});

describe("dns_sd_configs", () => {
  it.each([
    { name: "that does not exist any more", zone: "NXDOMAIN" as const },
    { name: "that has no such records any more", zone: [] },
    { name: "that has other records only", zone: [{ type: "TXT" as const, text: "hello" }] },
  ])("drops the targets of a name $name", async ({ zone }) => {
    server.zones.set("web.example.com", [{ type: "A", address: "10.0.0.1" }]);
    const stage = new Stage({ names: ["web.example.com"], type: "A", port: 80 });
    await stage.looked(1);
    server.zones.set("web.example.com", zone);
    await stage.clock.advance(30_000);
    await stage.looked(2);
    expect([stage.addresses, stage.sink.failing]).toEqual([{}, undefined]);
  });

  it("keeps the targets of a name that cannot be looked up, and says so, while others are updated", async () => {
    server.zones.set("a.example.com", [{ type: "A", address: "10.0.0.1" }]);
    server.zones.set("b.example.com", [{ type: "A", address: "10.0.0.2" }]);
    const stage = new Stage({ names: ["a.example.com", "b.example.com"], type: "A", port: 80 });
    await stage.looked(1);
    server.zones.set("a.example.com", "SERVFAIL");
    server.zones.set("b.example.com", [{ type: "A", address: "10.0.0.3" }]);
    await stage.clock.advance(30_000);
    await stage.looked(2);
    expect(stage.addresses).toEqual({ "a.example.com": ["10.0.0.1:80"], "b.example.com": ["10.0.0.3:80"] });
    expect(stage.sink.failing).toBe(
      "dns_sd_configs: looking up A a.example.com. at 127.0.0.1: the server failed (ESERVFAIL)",
    );
    expect(stage.lookups.filter(Boolean)).toHaveLength(1);
    await stage.clock.advance(30_000);
    await stage.looked(3);
    expect(stage.sink.sources).toHaveLength(2);
    server.zones.set("a.example.com", [{ type: "A", address: "10.0.0.4" }]);
    await stage.clock.advance(30_000);
    await stage.looked(4);
    expect([stage.addresses["a.example.com"], stage.sink.failing]).toEqual([["10.0.0.4:80"], undefined]);
  });

  it("has not settled while no name could be looked up", async () => {
    server.zones.set("a.example.com", "REFUSED");
    const stage = new Stage({ names: ["a.example.com"], type: "A", port: 80 });
    await stage.looked(1);
    expect(stage.sink.updates).toEqual([]);
    expect(stage.sink.failing).toContain("the server refuses to answer (EREFUSED)");
  });

  it("sees no change in an answer in another order", async () => {
    const records = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((address) => ({ type: "A" as const, address }));
    server.zones.set("web.example.com", records);
    const stage = new Stage({ names: ["web.example.com"], type: "A", port: 80 });
    await stage.looked(1);
    server.zones.set("web.example.com", records.toReversed());
    await stage.clock.advance(30_000);
    await stage.looked(2);
    expect(stage.sink.updates[1]).toEqual(stage.sink.updates[0]);
  });

  it("ends a lookup under way when it is stopped, and leaves no timer", async () => {
    server.zones.set("web.example.com", "silence");
    const stage = new Stage({ names: ["web.example.com"], type: "A", port: 80 });
    await eventually(() => expect(server.questions).toHaveLength(1), { everyMs: 5 });
    await stage.stop();
    expect([stage.clock.pending, stage.sink.failures, stage.lookups]).toEqual([0, [], []]);
  });

  it("refuses a type that does not exist, and an interval of 0", () => {
    expect(() => readDnsSettings({ names: ["a"], type: "TXT", refresh_interval: "30s" })).toThrow(
      'dns_sd_configs: type "TXT" is none of SRV, A, AAAA, MX, NS',
    );
    expect(() => readDnsSettings({ names: ["a"], type: "A", refresh_interval: "0s" })).toThrow(
      "dns_sd_configs: refresh_interval 0s must be longer than 0",
    );
  });
});

describe("names are looked for in the search domains", () => {
  const CONFIG = "nameserver 127.0.0.1\nsearch shop.svc svc\noptions ndots:2\n";
  const asked = (): readonly string[] => server.questions.map(({ name }) => name);

  it.each<{
    name: string;
    zones: Readonly<Record<string, Parameters<DnsServer["zones"]["set"]>[1]>>;
    questions: readonly string[];
    found: number;
  }>([
    {
      name: "until one exists",
      zones: { "web.shop.svc": [{ type: "A", address: "10.0.0.1" }], "web.svc": [{ type: "A", address: "10.0.0.2" }] },
      questions: ["web.shop.svc"],
      found: 1,
    },
    {
      name: "and one without such records decides",
      zones: { "web.shop.svc": [], "web.svc": [{ type: "A", address: "10.0.0.2" }] },
      questions: ["web.shop.svc"],
      found: 0,
    },
    {
      name: "and as they are, last",
      zones: { web: [{ type: "A", address: "10.0.0.3" }] },
      questions: ["web.shop.svc", "web.svc", "web"],
      found: 1,
    },
    {
      name: "and have no targets when they exist nowhere",
      zones: {},
      questions: ["web.shop.svc", "web.svc", "web"],
      found: 0,
    },
  ])("$name", async ({ zones, questions, found }) => {
    for (const [name, zone] of Object.entries(zones)) server.zones.set(name, zone);
    const stage = new Stage({ names: ["web"], type: "A", port: 80 }, { resolverConfig: async () => CONFIG });
    await stage.looked(1);
    expect(asked()).toEqual(questions);
    expect([stage.sink.failing, stage.addresses["web"]?.length ?? 0]).toEqual([undefined, found]);
  });

  it("and are not given up for gone when one of them is not certain", async () => {
    server.zones.set("web.svc", "SERVFAIL");
    const stage = new Stage({ names: ["web"], type: "A", port: 80 }, { resolverConfig: async () => CONFIG });
    await stage.looked(1);
    expect(asked()).toEqual(["web.shop.svc", "web.svc", "web"]);
    expect(stage.sink.updates).toEqual([]);
    expect(stage.sink.failing).toContain("looking up A web.svc. at 127.0.0.1: the server failed");
  });

  it("which are read anew for each lookup", async () => {
    let config = "nameserver 127.0.0.1\nsearch one";
    const stage = new Stage({ names: ["web"], type: "A", port: 80 }, { resolverConfig: async () => config });
    await stage.looked(1);
    config = "nameserver 127.0.0.1\nsearch two";
    await stage.clock.advance(30_000);
    await stage.looked(2);
    expect(asked()).toEqual(["web.one", "web", "web.two", "web"]);
  });

  it.each([
    { name: "without a server", resolverConfig: async () => "search a", says: "/etc/resolv.conf names no nameserver" },
    {
      name: "that cannot be read",
      resolverConfig: async (): Promise<string> => {
        throw new Error("no such file");
      },
      says: "no such file",
    },
  ])("which fails $name", async ({ resolverConfig, says }) => {
    const stage = new Stage({ names: ["web"], type: "A", port: 80 }, { resolverConfig });
    await stage.looked(1);
    expect(stage.sink.failing).toContain(says);
  });
});

describe("createDnsQuery", () => {
  const signal = new AbortController().signal;

  it("asks the next server when one does not answer", async () => {
    server.zones.set("web", [{ type: "A", address: "10.0.0.1" }]);
    // Nobody listens on this address of the loopback network.
    const question = { name: "web.", type: "A" as const, servers: ["127.0.0.2", "127.0.0.1"] };
    expect(await createDnsQuery(server.port)(question, signal)).toEqual([{ type: "A", address: "10.0.0.1" }]);
  });

  it("gives up a server that is silent", async () => {
    server.zones.set("web", "silence");
    const question = { name: "web.", type: "A" as const, servers: ["127.0.0.1"] };
    await expect(createDnsQuery(server.port)(question, signal)).rejects.toThrow("no answer within 2 s (ETIMEOUT)");
  }, 15_000);

  it("asks nothing once it is aborted", async () => {
    const question = { name: "web.", type: "A" as const, servers: ["127.0.0.1"] };
    await expect(createDnsQuery(server.port)(question, AbortSignal.abort(new Error("stop")))).rejects.toThrow("stop");
    expect(server.questions).toEqual([]);
  });
});
