import { describe, expect, it } from "@jest/globals";

import { eureka } from "../../../src/discovery/eureka/eureka.ts";
import type { Answer } from "../../support/http-servers.ts";
import { describePolledMechanism, polledStages, routed } from "../../support/polled-mechanism-suite.ts";

const INSTANCE = `<instance>
  <instanceId>meta-service002:8080</instanceId>
  <hostName>meta-service002.example.com</hostName>
  <app>META-SERVICE</app>
  <ipAddr>192.133.87.237</ipAddr>
  <status>UP</status>
  <port enabled="true">8080</port>
  <securePort enabled="false">443</securePort>
  <countryId>1</countryId>
  <dataCenterInfo class="com.netflix.appinfo.AmazonInfo">
    <name>Amazon</name>
    <metadata><instance-id>i-1</instance-id></metadata>
  </dataCenterInfo>
  <metadata><project.name>meta &amp; more</project.name><management.port>8090</management.port></metadata>
  <homePageUrl>http://meta/</homePageUrl>
  <statusPageUrl>http://meta/info?a=1&amp;b=2</statusPageUrl>
  <healthCheckUrl>http://meta/health</healthCheckUrl>
  <vipAddress>meta</vipAddress>
  <secureVipAddress>meta-s</secureVipAddress>
</instance>`;

function xml(...instances: readonly string[]): Answer {
  const text = `<applications><versions__delta>1</versions__delta><application><name>META-SERVICE</name>${instances.join("")}</application></applications>`;
  return (_, response) => response.writeHead(200, { "content-type": "application/xml" }).end(text);
}

const kind = {
  mechanism: eureka,
  settings: ({ url }: { url: string }) => ({ server: `${url}/eureka` }),
  routes: { "/eureka/apps": xml(INSTANCE) },
  nonsense: { text: "{}", says: "the answer is no list of apps in XML: a document must have one element" },
};
const begin = polledStages(kind);

describePolledMechanism("eureka_sd_configs", kind);

describe("eureka_sd_configs", () => {
  it("finds the instances of all apps with their labels", async () => {
    const { groups } = await begin(routed(kind.routes));
    const prefix = "__meta_eureka_app_instance_";
    expect(groups).toEqual([
      {
        source: "eureka",
        labels: {},
        targets: [
          {
            __address__: "meta-service002.example.com:8080",
            instance: "meta-service002:8080",
            __meta_eureka_app_name: "META-SERVICE",
            [`${prefix}hostname`]: "meta-service002.example.com",
            [`${prefix}homepage_url`]: "http://meta/",
            [`${prefix}statuspage_url`]: "http://meta/info?a=1&b=2",
            [`${prefix}healthcheck_url`]: "http://meta/health",
            [`${prefix}ip_addr`]: "192.133.87.237",
            [`${prefix}vip_address`]: "meta",
            [`${prefix}secure_vip_address`]: "meta-s",
            [`${prefix}status`]: "UP",
            [`${prefix}country_id`]: "1",
            [`${prefix}id`]: "meta-service002:8080",
            [`${prefix}port`]: "8080",
            [`${prefix}port_enabled`]: "true",
            [`${prefix}secure_port`]: "443",
            [`${prefix}secure_port_enabled`]: "false",
            [`${prefix}datacenterinfo_name`]: "Amazon",
            [`${prefix}datacenterinfo_metadata_instance_id`]: "i-1",
            [`${prefix}metadata_project_name`]: "meta &amp; more",
            [`${prefix}metadata_management_port`]: "8090",
          },
        ],
      },
    ]);
  });

  it("takes port 80 and leaves out labels where an instance says nothing", async () => {
    const { groups } = await begin(xml("<instance><hostName>fd00::1</hostName></instance>"));
    const [target] = groups[0]?.targets ?? [];
    expect(target).toMatchObject({ __address__: "[fd00::1]:80", __meta_eureka_app_instance_country_id: "0" });
    expect(Object.keys(target ?? {}).filter((name) => /port|datacenter|metadata/.test(name))).toEqual([]);
  });

  it.each<{ name: string; text: string; says: string }>([
    { name: "no apps", text: "<html/>", says: "its element must be <applications>, not <html>" },
    {
      name: "a port that is no number",
      text: "<applications><application><instance><port>x</port></instance></application></applications>",
      says: '<port> must be a whole number, not "x"',
    },
  ])("refuses $name", async ({ text, says }) => {
    const { stage, server } = await begin((_, response) => response.end(text));
    expect(stage.sink.updates).toEqual([]);
    expect(stage.sink.failing).toBe(`GET ${server.url}/eureka/apps: the answer is no list of apps in XML: ${says}`);
  });
});
