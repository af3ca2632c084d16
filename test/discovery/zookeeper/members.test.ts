import { describe, expect, it } from "@jest/globals";

import { nerve } from "../../../src/discovery/zookeeper/nerve.ts";
import { serverset } from "../../../src/discovery/zookeeper/serverset.ts";

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe("nerve", () => {
  it("makes a target of a member", () => {
    expect(nerve.parse(json({ host: "10.0.0.1", port: 3000, name: "web-1" }), "/nerve/web/1")).toEqual({
      __address__: "10.0.0.1:3000",
      __meta_nerve_path: "/nerve/web/1",
      __meta_nerve_endpoint_host: "10.0.0.1",
      __meta_nerve_endpoint_port: "3000",
      __meta_nerve_endpoint_name: "web-1",
    });
  });

  it("takes keys in any case, and IPv6 hosts", () => {
    expect(nerve.parse(json({ Host: "fd00::1", PORT: 1 }), "/n")).toMatchObject({
      __address__: "[fd00::1]:1",
      __meta_nerve_endpoint_name: "",
    });
  });

  it.each([["no JSON"], [""], ["[]"], ['"text"'], ['{"port": "80"}'], ['{"port": 1.5}'], ['{"host": 1}']])(
    "makes nothing of %j",
    (data) => {
      expect(nerve.parse(Buffer.from(data), "/n")).toBeUndefined();
    },
  );
});

describe("serverset", () => {
  it("makes a target of a member, with all its endpoints", () => {
    const member = {
      serviceEndpoint: { host: "10.0.0.1", port: 8080 },
      additionalEndpoints: { "http-admin": { host: "10.0.0.2", port: 9990 }, aurora: { host: "10.0.0.1", port: 1 } },
      status: "ALIVE",
      shard: 3,
    };
    expect(serverset.parse(json(member), "/service/member_0")).toEqual({
      __address__: "10.0.0.1:8080",
      __meta_serverset_path: "/service/member_0",
      __meta_serverset_endpoint_host: "10.0.0.1",
      __meta_serverset_endpoint_port: "8080",
      __meta_serverset_endpoint_host_http_admin: "10.0.0.2",
      __meta_serverset_endpoint_port_http_admin: "9990",
      __meta_serverset_endpoint_host_aurora: "10.0.0.1",
      __meta_serverset_endpoint_port_aurora: "1",
      __meta_serverset_status: "ALIVE",
      __meta_serverset_shard: "3",
    });
  });

  it("needs none of the parts", () => {
    expect(serverset.parse(json({}), "/s")).toEqual({
      __address__: ":0",
      __meta_serverset_path: "/s",
      __meta_serverset_endpoint_host: "",
      __meta_serverset_endpoint_port: "0",
      __meta_serverset_status: "",
      __meta_serverset_shard: "0",
    });
  });

  it("makes nothing of other data", () => {
    expect(serverset.parse(Buffer.from("x"), "/s")).toBeUndefined();
    expect(serverset.parse(json({ additionalEndpoints: { a: { port: "x" } } }), "/s")).toBeUndefined();
  });
});
