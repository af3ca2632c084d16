import { describe, expect, it } from "@jest/globals";

import type { DataObject } from "../../src/allocator/index.ts";
import { generateServiceMonitor } from "../../src/prometheus-cr/kinds/service-monitor.ts";
import { readScrapeClasses } from "../../src/prometheus-cr/scrape-classes.ts";
import { monitorOf } from "../support/monitor-cases.ts";
import { fakeAssets, generationSettings } from "../support/monitor-generation.ts";

describe("readScrapeClasses", () => {
  it.each<{ name: string; classes: readonly DataObject[]; problems: readonly string[] }>([
    { name: "nothing", classes: [], problems: [] },
    {
      name: "two defaults",
      classes: [{ name: "a", default: true }, { name: "b" }, { name: "c", default: true }],
      problems: ['scrape_classes: only one class can be the default, but "a", "c" are'],
    },
    {
      name: "a field of a wrong type",
      classes: [{ name: "a" }, { name: "b", tlsConfig: "yes" }],
      problems: ["scrape_classes[1].tlsConfig: must be a mapping, not a text"],
    },
    {
      name: "rules that Prometheus refuses",
      classes: [
        { name: "a", relabelings: [{ action: "hashmod", targetLabel: "x" }], metricRelabelings: [{ regex: "(" }] },
      ],
      problems: [
        "scrape_classes[0].relabelings[0].modulus: is 0, but must be at least 1 (action hashmod)",
        "scrape_classes[0].metricRelabelings[0].targetLabel: is missing (action replace)",
        'scrape_classes[0].metricRelabelings[0].regex: "(" is not RE2 syntax: missing closing )',
      ],
    },
    {
      name: "a certificate without its key",
      classes: [{ name: "a", tlsConfig: { certFile: "/tls.crt" } }],
      problems: ["scrape_classes[0].tlsConfig: has a client certificate without its key"],
    },
    {
      name: "an authorization that is none",
      classes: [
        { name: "a", authorization: { type: "basic", credentials: { name: "x", key: "y" }, credentialsFile: "/f" } },
      ],
      problems: [
        'scrape_classes[0].authorization.type: cannot be "basic"; use basicAuth',
        "scrape_classes[0].authorization: has both credentials and credentialsFile; keep one",
      ],
    },
  ])("finds $name", ({ classes, problems }) => {
    expect(readScrapeClasses(classes).problems).toEqual(problems);
  });

  it("takes the last of two classes with one name", () => {
    const { classes } = readScrapeClasses([
      { name: "a", default: true, fallbackScrapeProtocol: "PrometheusText0.0.4" },
      { name: "a", fallbackScrapeProtocol: "PrometheusText1.0.0" },
    ]);
    expect(classes.byName.get("a")?.fallbackScrapeProtocol).toBe("PrometheusText1.0.0");
    expect(classes.fallback).toBe(classes.byName.get("a"));
  });
});

describe("a scrape class with a Secret", () => {
  it("is taken over without it where it is nowhere, which is told, with the places that were looked at", () => {
    const scrapeClasses = [
      { name: "safe", default: true, authorization: { credentials: { name: "creds", key: "token" } } },
    ];
    const settings = generationSettings({ scrapeClasses });
    const monitor = monitorOf("ServiceMonitor", { endpoints: [{}, {}] });
    const { documents, warnings } = generateServiceMonitor(monitor, { settings, assets: fakeAssets([]) });
    expect(documents.map((document) => document["authorization"])).toEqual([{ type: "Bearer" }, { type: "Bearer" }]);
    expect(warnings).toEqual([
      'scrape class "safe".authorization.credentials: is left out (Secret shop/creds does not exist; Secret obs/creds does not exist)',
    ]);
  });
});
