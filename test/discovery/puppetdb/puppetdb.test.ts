import { describe, expect, it } from "@jest/globals";

import { puppetDb } from "../../../src/discovery/puppetdb/puppetdb.ts";
import { describePolledMechanism, polledStages, routed } from "../../support/polled-mechanism-suite.ts";

const QUERY = 'resources { type = "Class" }';
const RESOURCE = {
  certname: "node-1.example.com",
  resource: "49af83866dc5a1518968b68e58a25319107afe11",
  type: "Class",
  title: "Apache",
  exported: true,
  file: "/etc/puppet/apache.pp",
  environment: "prod",
  tags: ["apache", "class"],
  parameters: { ensure: "present" },
};
const ROUTES = { "/base/pdb/query/v4": [RESOURCE] };
const kind = {
  mechanism: puppetDb,
  settings: ({ url }: { url: string }) => ({ url: `${url}/base/`, query: QUERY, include_parameters: false }),
  routes: ROUTES,
};
const begin = polledStages(kind);

describePolledMechanism("puppetdb_sd_configs", kind);

describe("puppetdb_sd_configs", () => {
  it("finds the resources of a query with their labels", async () => {
    const { groups, server } = await begin(routed(ROUTES));
    expect(groups).toEqual([
      {
        source: `${server.url}/base/pdb/query/v4?query=${QUERY}`,
        labels: {},
        targets: [
          {
            __address__: "node-1.example.com:80",
            __meta_puppetdb_query: QUERY,
            __meta_puppetdb_certname: "node-1.example.com",
            __meta_puppetdb_resource: "49af83866dc5a1518968b68e58a25319107afe11",
            __meta_puppetdb_type: "Class",
            __meta_puppetdb_title: "Apache",
            __meta_puppetdb_exported: "true",
            __meta_puppetdb_file: "/etc/puppet/apache.pp",
            __meta_puppetdb_environment: "prod",
            __meta_puppetdb_tags: ",apache,class,",
          },
        ],
      },
    ]);
    expect(
      server.requests.map(({ method, body, headers }) => [method, JSON.parse(body), headers["content-type"]]),
    ).toEqual([["POST", { query: QUERY }, "application/json"]]);
  });

  it.each<{ parameters: object; labels: Readonly<Record<string, string>> }>([
    { parameters: { ensure: "present", "a-b.c": "x" }, labels: { ensure: "present", a_b_c: "x" } },
    { parameters: { on: true, off: false }, labels: { on: "true", off: "false" } },
    {
      parameters: { small: 22, half: 0.5, million: 1_000_000 },
      labels: { small: "22", half: "0.5", million: "1e+06" },
    },
    { parameters: { list: ["a", 1, true, null, ["b"]] }, labels: { list: "a,1,true,," } },
    {
      parameters: { map: { "in-ner": { deep: "1" }, other: 2 } },
      labels: { map_in_ner_deep: "1", map_other: "2" },
    },
    { parameters: { empty: "", none: null, nothing: [], nowhere: {} }, labels: {} },
  ])("takes the parameters $parameters as labels when it is told to", async ({ parameters, labels }) => {
    const { groups } = await begin(routed({ "/base/pdb/query/v4": [{ ...RESOURCE, parameters }] }), {
      include_parameters: true,
    });
    const prefix = "__meta_puppetdb_parameter_";
    const found = Object.entries(groups[0]?.targets[0] ?? {}).filter(([name]) => name.startsWith(prefix));
    expect(Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]))).toEqual(labels);
  });

  it("takes nothing that is not said to be JSON", async () => {
    const { stage, server } = await begin((_, response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("[]"),
    );
    expect(stage.sink.updates).toEqual([]);
    expect(stage.sink.failing).toBe(
      `POST ${server.url}/base/pdb/query/v4: the answer's Content-Type must be application/json, not "text/html"`,
    );
  });
});
