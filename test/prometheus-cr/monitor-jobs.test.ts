import { describe, expect, it } from "@jest/globals";

import type { DataObject } from "../../src/allocator/index.ts";
import type { GenerationSettings } from "../../src/prometheus-cr/generation-context.ts";
import { GENERATORS } from "../../src/prometheus-cr/kinds/generators.ts";
import { type MonitorJobs, toMonitorJobs } from "../../src/prometheus-cr/monitor-jobs.ts";
import type { MonitorKind } from "../../src/prometheus-cr/resources.ts";
import { CASE_ASSETS, monitorOf } from "../support/monitor-cases.ts";
import { fakeAssets, generationSettings } from "../support/monitor-generation.ts";

const TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";

describe("toMonitorJobs", () => {
  it("rejects only the job that a collector would refuse, in words without the place in a list", () => {
    const { jobs, rejected } = jobsOf("ServiceMonitor", {
      endpoints: [{ port: "a" }, { port: "b", tlsConfig: { minVersion: "TLS9" } }, { port: "c" }],
    });
    expect(jobs.map(({ jobName }) => jobName)).toEqual(["serviceMonitor/shop/web/0", "serviceMonitor/shop/web/2"]);
    expect(rejected).toEqual([
      {
        jobName: "serviceMonitor/shop/web/1",
        problems: ['tls_config.min_version: must be TLS10, TLS11, TLS12 or TLS13, not "TLS9"'],
      },
    ]);
  });

  it("takes interval and protocols of the administrator where the monitor has none", () => {
    const settings = generationSettings({ scrapeIntervalMs: 17_000, scrapeProtocols: ["PrometheusText0.0.4"] });
    const { jobs } = jobsOf("PodMonitor", { podMetricsEndpoints: [{}, { interval: "1m" }] }, settings);
    expect(jobs.map(({ scrapeIntervalMs }) => scrapeIntervalMs)).toEqual([17_000, 60_000]);
    expect(jobs[0]?.settings["scrape_protocols"]).toEqual(["PrometheusText0.0.4"]);
  });

  it("names the kubeconfig to every Kubernetes discovery that has no API server of its own", () => {
    const { jobs } = jobsOf(
      "ScrapeConfig",
      { kubernetesSDConfigs: [{ role: "Pod" }, { role: "Pod", apiServer: "https://api.example" }] },
      generationSettings({ kubeconfigFile: "/kubeconfig" }),
    );
    const entries = jobs[0]?.settings["kubernetes_sd_configs"] as readonly DataObject[];
    expect(entries.map((entry) => entry["kubeconfig_file"])).toEqual(["/kubeconfig", ""]);
  });
});

describe("the ban on files", () => {
  it.each([
    { setting: "authorization.credentials_file", endpoint: { bearerTokenFile: TOKEN } },
    { setting: "tls_config.ca_file", endpoint: { tlsConfig: { caFile: TOKEN } } },
    {
      setting: "tls_config.cert_file",
      endpoint: { tlsConfig: { certFile: TOKEN, keySecret: { name: "creds", key: "key" } } },
    },
    {
      setting: "tls_config.key_file",
      endpoint: { tlsConfig: { keyFile: TOKEN, cert: { secret: { name: "creds", key: "cert" } } } },
    },
  ])("rejects the endpoint with $setting alone, and says what to do", ({ setting, endpoint }) => {
    const { jobs, rejected } = jobsOf("ServiceMonitor", { endpoints: [{ port: "a" }, endpoint] }, denied());
    expect(jobs.map(({ jobName }) => jobName)).toEqual(["serviceMonitor/shop/web/0"]);
    expect(rejected).toEqual([
      {
        jobName: "serviceMonitor/shop/web/1",
        problems: [
          `${setting}: "${TOKEN}" is a file of the collector, which the administrator denies to monitors ` +
            "(deny_fs_access_through_sms); refer to a Secret, or have the file allowed",
        ],
      },
    ]);
  });

  it.each<{ name: string; allowed: readonly string[]; file: string; served: boolean }>([
    { name: "an allowed file", allowed: [TOKEN], file: TOKEN, served: true },
    { name: "a file of an allowed directory", allowed: ["/etc/certs/"], file: "/etc/certs/a/ca.crt", served: true },
    { name: "a name that only begins like one", allowed: ["/etc/certs"], file: "/etc/certs2", served: false },
    {
      name: "a way out of an allowed directory",
      allowed: ["/etc/certs/"],
      file: `/etc/certs/../..${TOKEN}`,
      served: false,
    },
    { name: "a detour to an allowed file", allowed: [TOKEN], file: `/etc/..${TOKEN}`, served: true },
  ])("$name: served is $served", ({ allowed, file, served }) => {
    const settings = denied({ allowedFilePaths: allowed });
    const { jobs } = jobsOf("ServiceMonitor", { endpoints: [{ bearerTokenFile: file }] }, settings);
    expect(jobs).toHaveLength(served ? 1 : 0);
  });

  it("is not for scrape classes, nor for monitors that name the same files", () => {
    const scrapeClasses = [{ name: "mesh", tlsConfig: { caFile: "/mesh/ca.crt" } }];
    const { jobs, rejected } = jobsOf(
      "ServiceMonitor",
      { scrapeClass: "mesh", endpoints: [{}, { tlsConfig: { caFile: "/mesh/ca.crt" } }, { bearerTokenFile: TOKEN }] },
      denied({ scrapeClasses }),
    );
    expect(jobs).toHaveLength(2);
    expect(rejected.map(({ jobName }) => jobName)).toEqual(["serviceMonitor/shop/web/2"]);
  });

  it("is not for lists of targets, which are sent nowhere", () => {
    const { jobs } = jobsOf("ScrapeConfig", { fileSDConfigs: [{ files: ["/targets.json"] }] }, denied());
    expect(jobs).toHaveLength(1);
  });
});

function jobsOf(kind: MonitorKind, spec: DataObject, settings = generationSettings()): MonitorJobs {
  const assets = fakeAssets(CASE_ASSETS);
  return toMonitorJobs(GENERATORS[kind](monitorOf(kind, spec), { settings, assets }), settings);
}

function denied(more: Parameters<typeof generationSettings>[0] = {}): GenerationSettings {
  return generationSettings({ denyFileAccess: true, ...more });
}
