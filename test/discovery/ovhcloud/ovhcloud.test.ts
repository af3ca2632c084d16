import { createHash } from "node:crypto";

import { describe, expect, it } from "@jest/globals";

import { ovhCloud } from "../../../src/discovery/ovhcloud/ovhcloud.ts";
import { type Answer, json } from "../../support/http-servers.ts";
import { describePolledMechanism, polledStages, type Routes, routed } from "../../support/polled-mechanism-suite.ts";

const TIME = 1_700_000_000;
const SERVER = {
  ip: "1.2.3.4",
  commercialRange: "Advance-1 Gen 2",
  rack: "TESTRACK",
  supportLevel: "pro",
  linkSpeed: 123,
  noIntervention: false,
  name: "abcde",
  state: "test",
  datacenter: "gra3",
  os: "debian11_64",
  reverse: "abcde-rev",
  serverId: 1234,
};
const VPS = {
  offerType: "ssd",
  displayName: "abc",
  zone: "zone",
  cluster: "cluster_test",
  name: "abc",
  vcore: 1,
  state: "running",
  keymap: null,
  netbootMode: "local",
  memoryLimit: 2048,
  model: {
    name: "vps-value-1-2-40",
    maximumAdditionnalIp: 16,
    offer: "VPS abc",
    disk: 40,
    version: "2019v1",
    vcore: 1,
    memory: 2048,
    datacenter: ["gra", "sbg"],
  },
};

/** Tells everybody its time, and the rest only to those who have signed for that time. */
function signedOnly(routes: Routes): Routes {
  const check = (value: unknown): Answer => {
    const answer = typeof value === "function" ? (value as Answer) : json(value);
    return (request, response) => {
      const { headers, url } = request;
      const text = `as+ck+GET+http://${headers.host ?? ""}${url}++${String(TIME)}`;
      const signed =
        headers["x-ovh-application"] === "ak" &&
        headers["x-ovh-consumer"] === "ck" &&
        headers["x-ovh-timestamp"] === String(TIME) &&
        headers["x-ovh-signature"] === `$1$${createHash("sha1").update(text).digest("hex")}`;
      (signed ? answer : json({ message: "Invalid signature" }, 400))(request, response);
    };
  };
  const checked = Object.entries(routes).map(([path, value]) => [`/1.0${path}`, check(value)]);
  return { "/1.0/auth/time": TIME, ...Object.fromEntries(checked) };
}

const ROUTES = {
  "/dedicated/server": ["abcde"],
  "/dedicated/server/abcde": SERVER,
  "/dedicated/server/abcde/ips": ["1.2.3.4/32", "2001:0db8:0000:0000:0000:0000:0000:0001/64"],
  "/vps": ["abc"],
  "/vps/abc": VPS,
  "/vps/abc/ips": ["192.0.2.1/32", "2001:db1::1"],
};
const kind = {
  mechanism: ovhCloud,
  settings: ({ url }: { url: string }) => ({
    endpoint: `${url}/1.0`,
    application_key: "ak",
    application_secret: "as",
    consumer_key: "ck",
    service: "dedicated_server",
  }),
  routes: signedOnly(ROUTES),
};
const begin = polledStages(kind);

describePolledMechanism("ovhcloud_sd_configs", kind);

describe("ovhcloud_sd_configs", () => {
  it("finds dedicated servers with their labels", async () => {
    const { groups } = await begin(routed(kind.routes));
    const prefix = "__meta_ovhcloud_dedicated_server_";
    expect(groups).toEqual([
      {
        source: "ovhcloud_dedicated_server",
        labels: {},
        targets: [
          {
            __address__: "1.2.3.4",
            instance: "abcde",
            [`${prefix}state`]: "test",
            [`${prefix}commercial_range`]: "Advance-1 Gen 2",
            [`${prefix}link_speed`]: "123",
            [`${prefix}rack`]: "TESTRACK",
            [`${prefix}no_intervention`]: "false",
            [`${prefix}os`]: "debian11_64",
            [`${prefix}support_level`]: "pro",
            [`${prefix}server_id`]: "1234",
            [`${prefix}reverse`]: "abcde-rev",
            [`${prefix}datacenter`]: "gra3",
            [`${prefix}name`]: "abcde",
            [`${prefix}ipv4`]: "1.2.3.4",
            [`${prefix}ipv6`]: "",
          },
        ],
      },
    ]);
  });

  it("finds virtual private servers with their labels", async () => {
    const { groups } = await begin(routed(kind.routes), { service: "vps" });
    const prefix = "__meta_ovhcloud_vps_";
    expect(groups).toEqual([
      {
        source: "ovhcloud_vps",
        labels: {},
        targets: [
          {
            __address__: "192.0.2.1",
            instance: "abc",
            [`${prefix}offer`]: "VPS abc",
            [`${prefix}datacenter`]: "[gra sbg]",
            [`${prefix}model_vcore`]: "1",
            [`${prefix}maximum_additional_ip`]: "16",
            [`${prefix}version`]: "2019v1",
            [`${prefix}model_name`]: "vps-value-1-2-40",
            [`${prefix}disk`]: "40",
            [`${prefix}memory`]: "2048",
            [`${prefix}zone`]: "zone",
            [`${prefix}display_name`]: "abc",
            [`${prefix}cluster`]: "cluster_test",
            [`${prefix}state`]: "running",
            [`${prefix}name`]: "abc",
            [`${prefix}netboot_mode`]: "local",
            [`${prefix}memory_limit`]: "2048",
            [`${prefix}offer_type`]: "ssd",
            [`${prefix}vcore`]: "1",
            [`${prefix}ipv4`]: "192.0.2.1",
            [`${prefix}ipv6`]: "2001:db1::1",
          },
        ],
      },
    ]);
  });

  const withOthers = (answer: unknown): Routes =>
    signedOnly({
      ...ROUTES,
      "/vps": ["gone", "abc", "bare"],
      "/vps/gone": answer,
      "/vps/gone/ips": answer,
      "/vps/bare": VPS,
      "/vps/bare/ips": [],
    });

  it.each([404, 460])(
    "leaves out servers of which nothing is known (HTTP %d), and those without an address",
    async (status) => {
      const { groups } = await begin(routed(withOthers(json({ message: "This service is expired" }, status))), {
        service: "vps",
      });
      expect(groups[0]?.targets.map((target) => target["__address__"])).toEqual(["192.0.2.1"]);
    },
  );

  it("finds nothing out when it cannot look at one of the servers", async () => {
    const { stage } = await begin(routed(withOthers(json({ message: "busy" }, 429))), { service: "vps" });
    expect(stage.sink.updates).toEqual([]);
    expect(stage.sink.failing).toMatch(/GET http:.*\/1\.0\/vps\/gone(\/ips)?: HTTP 429/);
  });

  it.each<{ what: string; settings: Readonly<Record<string, string>>; says: string }>([
    {
      what: "an unknown endpoint",
      settings: { endpoint: "ovh-mars" },
      says: 'endpoint "ovh-mars" must be a URL or one of ovh-eu,',
    },
    { what: "an unknown service", settings: { service: "x" }, says: 'service "x" is none of dedicated_server, vps' },
  ])("refuses settings with $what", async ({ settings, says }) => {
    await expect(begin(routed({}), settings)).rejects.toThrow(says);
  });
});
