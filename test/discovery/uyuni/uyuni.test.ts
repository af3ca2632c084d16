import { describe, expect, it } from "@jest/globals";

import { uyuni } from "../../../src/discovery/uyuni/uyuni.ts";
import type { Answer, SeenRequest } from "../../support/http-servers.ts";
import { describePolledMechanism, polledStages, routed } from "../../support/polled-mechanism-suite.ts";

const PATH = "/rpc/api";
const struct = (members: Readonly<Record<string, string>>): string =>
  `<value><struct>${Object.entries(members)
    .map(([name, value]) => `<member><name>${name}</name>${value}</member>`)
    .join("")}</struct></value>`;
const list = (...values: readonly string[]): string => `<value><array><data>${values.join("")}</data></array></value>`;
const text = (value: string): string => `<value><string>${value}</string></value>`;
const int = (value: number): string => `<value><i4>${String(value)}</i4></value>`;
const flag = (value: boolean): string => `<value><boolean>${value ? "1" : "0"}</boolean></value>`;

const group = (name: string): string => struct({ id: int(1), name: text(name) });
const METHODS: Readonly<Record<string, string>> = {
  "system.listSystemGroupsForSystemsWithEntitlement": list(
    struct({ id: int(1000010000), system_groups: list(group("web"), group("prod")) }),
    struct({ id: int(1000010001), system_groups: list() }),
  ),
  "system.monitoring.listEndpoints": list(
    struct({
      system_id: int(1000010000),
      endpoint_name: text("node"),
      exporter_name: text("node_exporter"),
      module: text("default"),
      path: text("/metrics"),
      port: int(9100),
      tls_enabled: flag(true),
    }),
    struct({ system_id: int(1000010001), endpoint_name: text("bare"), port: int(80), tls_enabled: flag(false) }),
  ),
  "system.getNetworkForSystems": list(
    struct({
      system_id: int(1000010000),
      hostname: text("web-1.example.com"),
      primary_fqdn: text("fqdn.example.com"),
      ip: text("10.0.0.1"),
    }),
  ),
};

const methodOf = ({ body }: SeenRequest): string =>
  /<methodName>(?<name>.*)<\/methodName>/.exec(body)?.groups?.["name"] ?? "";

const fault = (message: string): string =>
  `<methodResponse><fault>${struct({ faultCode: int(2950), faultString: text(message) })}</fault></methodResponse>`;
const result = (value: string): string =>
  `<?xml version="1.0"?><methodResponse><params><param>${value}</param></params></methodResponse>`;

/** Begins a session for those who know the password, and answers calls of sessions that it has begun. */
function uyuniServer(): { readonly answer: Answer; readonly end: () => void } {
  const sessions = new Set<string>();
  const answerTo = (request: SeenRequest): string => {
    const method = methodOf(request);
    const [first = "", second = ""] = [...request.body.matchAll(/<string>([^<]*)<\/string>/g)].map(
      ([, value]) => value,
    );
    if (method === "auth.login") {
      if (first !== "me" || second !== "secret") return fault("Either the password or username is incorrect.");
      const session = `session-${String(sessions.size + 1)}`;
      sessions.add(session);
      return result(text(session));
    }
    return sessions.has(first) ? result(METHODS[method] ?? "") : fault("Could not find session");
  };
  return {
    answer: (request, response) => void response.writeHead(200, { "content-type": "text/xml" }).end(answerTo(request)),
    end: () => sessions.clear(),
  };
}

const kind = {
  mechanism: uyuni,
  settings: ({ url }: { url: string }) => ({
    server: url,
    username: "me",
    password: "secret",
    entitlement: "monitoring_entitled",
    separator: ",",
  }),
  routes: { [PATH]: uyuniServer().answer },
  nonsense: { text: "{}", says: "a document must have one element" },
};
const begin = polledStages(kind);

describePolledMechanism("uyuni_sd_configs", kind);

describe("uyuni_sd_configs", () => {
  it("finds the endpoints of all systems with their labels", async () => {
    const { groups, server } = await begin(uyuniServer().answer);
    expect(groups).toEqual([
      {
        source: `${server.url}/rpc/api`,
        labels: {},
        targets: [
          {
            __address__: "web-1.example.com:9100",
            __meta_uyuni_minion_hostname: "web-1.example.com",
            __meta_uyuni_primary_fqdn: "fqdn.example.com",
            __meta_uyuni_system_id: "1000010000",
            __meta_uyuni_groups: "web,prod",
            __meta_uyuni_endpoint_name: "node",
            __meta_uyuni_exporter: "node_exporter",
            __meta_uyuni_proxy_module: "default",
            __meta_uyuni_metrics_path: "/metrics",
            __meta_uyuni_scheme: "https",
          },
          {
            __address__: ":80",
            __meta_uyuni_minion_hostname: "",
            __meta_uyuni_primary_fqdn: "",
            __meta_uyuni_system_id: "1000010001",
            __meta_uyuni_groups: "",
            __meta_uyuni_endpoint_name: "bare",
            __meta_uyuni_exporter: "",
            __meta_uyuni_proxy_module: "",
            __meta_uyuni_metrics_path: "",
            __meta_uyuni_scheme: "http",
          },
        ],
      },
    ]);
    const [login, listed, endpoints] = server.requests;
    expect(login?.body).toContain("<int>600</int>");
    expect(listed?.body).toContain("<string>monitoring_entitled</string>");
    expect(endpoints?.body).toContain("<value><int>1000010000</int></value><value><int>1000010001</int></value>");
  });

  it("separates groups as it is told, and finds the API below a path", async () => {
    const { answer } = uyuniServer();
    const { groups, server, stage } = await begin(answer, { separator: ";" });
    expect(groups[0]?.targets[0]).toMatchObject({ __meta_uyuni_groups: "web;prod" });
    expect(stage.sink.failing).toBeUndefined();
    const below = await begin(answer, { server: `${server.url}/uyuni/` });
    expect(below.stage.sink.failing).toBeUndefined();
    expect(server.requests.at(-1)?.url).toBe("/uyuni/rpc/api");
  });

  it("keeps its session for five minutes", async () => {
    const { server, stage } = await begin(uyuniServer().answer);
    const logins = (): number => server.requests.filter((request) => methodOf(request) === "auth.login").length;
    for (let look = 2; look <= 5; look += 1) {
      await stage.clock.advance(60_000);
      await stage.looked(look);
    }
    expect(logins()).toBe(1);
    await stage.clock.advance(60_000);
    await stage.looked(6);
    expect(logins()).toBe(2);
  });

  it("begins a new session when the server has ended the old one", async () => {
    const { answer, end } = uyuniServer();
    const { stage, server } = await begin(answer);
    end();
    await stage.clock.advance(60_000);
    await stage.looked(2);
    expect(stage.sink.failing).toBe(
      `POST ${server.url}/rpc/api: system.listSystemGroupsForSystemsWithEntitlement: ` +
        "refused: Could not find session (fault 2950)",
    );
    expect(stage.sink.groups.size).toBe(1);
    await stage.clock.advance(60_000);
    await stage.looked(3);
    expect(stage.sink.failing).toBeUndefined();
  });

  it("says that the password is wrong, without saying it", async () => {
    const { stage, server } = await begin(uyuniServer().answer, { password: "hunter2" });
    expect(stage.sink.failing).toBe(
      `POST ${server.url}/rpc/api: auth.login: refused: Either the password or username is incorrect. (fault 2950)`,
    );
  });

  it("refuses a server that is no URL", async () => {
    await expect(begin(routed({}), { server: "uyuni" })).rejects.toThrow('server "uyuni" must be a URL');
  });
});
