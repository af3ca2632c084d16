import { describe, expect, it } from "@jest/globals";

import { lightsail } from "../../../src/discovery/aws/lightsail.ts";
import { jsonApi } from "../../support/aws-answers.ts";
import type { Answer } from "../../support/http-servers.ts";
import { describePolledMechanism, polledStages } from "../../support/polled-mechanism-suite.ts";

const WEB = {
  name: "web",
  privateIpAddress: "10.0.0.1",
  publicIpAddress: "52.0.0.1",
  ipv6Addresses: ["2001:db8::1", "2001:db8::2"],
  location: { availabilityZone: "eu-west-2a", regionName: "eu-west-2" },
  blueprintId: "debian_12",
  bundleId: "nano_3_0",
  state: { code: 16, name: "running" },
  supportCode: "1/i-0",
  tags: [{ key: "team/owner", value: "shop" }, { key: "keyOnly" }],
};
const api = (...instances: readonly object[]): Answer => jsonApi({ GetInstances: () => ({ instances }) });
const kind = {
  mechanism: lightsail,
  settings: ({ url }: { readonly url: string }) => ({
    endpoint: url,
    region: "eu-west-2",
    access_key: "AKIA1",
    secret_key: "secret",
  }),
  routes: { "/": api(WEB) },
  nonsense: { text: "{", says: "the answer cannot be read: " },
};
const begin = polledStages(kind);

describePolledMechanism("lightsail_sd_configs", kind);

describe("lightsail_sd_configs", () => {
  it("finds instances with their labels", async () => {
    const { groups } = await begin(api(WEB));
    const prefix = "__meta_lightsail_";
    expect(groups).toEqual([
      {
        source: "eu-west-2",
        labels: {},
        targets: [
          {
            __address__: "10.0.0.1:80",
            [`${prefix}availability_zone`]: "eu-west-2a",
            [`${prefix}blueprint_id`]: "debian_12",
            [`${prefix}bundle_id`]: "nano_3_0",
            [`${prefix}instance_name`]: "web",
            [`${prefix}instance_state`]: "running",
            [`${prefix}instance_support_code`]: "1/i-0",
            [`${prefix}ipv6_addresses`]: ",2001:db8::1,2001:db8::2,",
            [`${prefix}private_ip`]: "10.0.0.1",
            [`${prefix}public_ip`]: "52.0.0.1",
            [`${prefix}region`]: "eu-west-2",
            [`${prefix}tag_team_owner`]: "shop",
          },
        ],
      },
    ]);
  });

  it("asks for all pages", async () => {
    const { groups } = await begin(
      jsonApi({
        GetInstances: ({ pageToken }) =>
          pageToken === "2" ? { instances: [WEB] } : { instances: [WEB, WEB], nextPageToken: "2" },
      }),
    );
    expect(groups[0]?.targets).toHaveLength(3);
  });

  it("leaves out an instance without a private address, and labels of what an instance has not", async () => {
    const { groups } = await begin(api({ name: "a" }, { name: "b", privateIpAddress: "10.0.0.2" }));
    expect(groups[0]?.targets).toEqual([
      {
        __address__: "10.0.0.2:80",
        __meta_lightsail_instance_name: "b",
        __meta_lightsail_private_ip: "10.0.0.2",
        __meta_lightsail_region: "eu-west-2",
      },
    ]);
  });

  it("never takes another answer for no instances", async () => {
    const { stage } = await begin(jsonApi({ GetInstances: () => ({ message: "hello" }) }));
    expect([stage.sink.updates, stage.sink.failing]).toEqual([
      [],
      "GetInstances: the answer has no instances; check endpoint, and what lies between",
    ]);
  });
});
