import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";

import { describe, expect, it } from "@jest/globals";

import { renderScrapeConfigs, type ScrapeConfig } from "../../src/allocator/index.ts";
import { readTargetAllocatorFile, type TargetAllocatorFile } from "../../src/options/target-allocator-file.ts";
import { GENERATORS } from "../../src/prometheus-cr/kinds/generators.ts";
import { toMonitorJobs } from "../../src/prometheus-cr/monitor-jobs.ts";
import { MonitorRefusedError } from "../../src/prometheus-cr/monitor-refused-error.ts";
import type { Monitor, MonitorKind } from "../../src/prometheus-cr/resources.ts";
import { Selection } from "../../src/prometheus-cr/selection.ts";
import { fakeAssets, generationSettings } from "../support/monitor-generation.ts";
import { type ServedJobs, withoutEmptyRuleFields } from "../support/scrape-config-answers.ts";

/**
 * What the Go target allocator answered on /scrape_configs for ten configuration files over one set of monitors. No
 * Kubernetes: what the API server would add to a monitor matters for none of them but a Probe's path.
 */
const TESTDATA = new URL("testdata/", import.meta.url);
const CASES = readdirSync(new URL("monitors/", TESTDATA)).map((file) => basename(file, ".yaml"));

interface RecordedObject extends Monitor {
  readonly stringData?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, string>>;
}

const { objects } = JSON.parse(read("monitors.json")) as { readonly objects: readonly RecordedObject[] };
const world = JSON.parse(read("world.json")) as { readonly objects: readonly RecordedObject[] };

describe("/scrape_configs of the recorded monitors", () => {
  it("covers every recorded file", () => {
    expect(CASES).toHaveLength(10);
  });

  it.each(CASES)("%s agrees with the Go target allocator", (name) => {
    const file = readTargetAllocatorFile(read(`monitors/${name}.yaml`));
    const jobs = [...(file.scrapeConfigs?.jobs ?? []), ...monitorJobs(file)];
    const secrets = file.allowInsecureAuthSecrets ? "clear" : "masked";
    const served = JSON.parse(renderScrapeConfigs(jobs, { secrets })) as ServedJobs;
    const recorded = JSON.parse(read(`monitors-expected/${name}.json`)) as { readonly scrape_configs: ServedJobs };
    expect(withoutEmptyRuleFields(served)).toEqual(withoutEmptyRuleFields(recorded.scrape_configs));
  });
});

function monitorJobs({ prometheusCr, collectorNamespace }: TargetAllocatorFile): readonly ScrapeConfig[] {
  const settings = generationSettings({
    collectorNamespace,
    scrapeIntervalMs: prometheusCr.scrapeIntervalMs,
    scrapeProtocols: prometheusCr.scrapeProtocols,
    scrapeClasses: prometheusCr.scrapeClasses,
    denyFileAccess: prometheusCr.denyFsAccessThroughSms,
    kubeconfigFile: "/kubeconfig",
  });
  return selected(prometheusCr).flatMap((monitor) => {
    try {
      const generate = GENERATORS[monitor.kind as MonitorKind];
      return toMonitorJobs(generate(monitor, { settings, assets: fakeAssets(objects) }), settings).jobs;
    } catch (error) {
      if (error instanceof MonitorRefusedError) return [];
      throw error;
    }
  });
}

function selected(prometheusCr: TargetAllocatorFile["prometheusCr"]): readonly Monitor[] {
  const { allowNamespaces, denyNamespaces } = prometheusCr;
  const selection = new Selection({
    allowNamespaces,
    denyNamespaces,
    selectors: {
      ServiceMonitor: {
        objects: prometheusCr.serviceMonitorSelector,
        namespaces: prometheusCr.serviceMonitorNamespaceSelector,
      },
      PodMonitor: { objects: prometheusCr.podMonitorSelector, namespaces: prometheusCr.podMonitorNamespaceSelector },
      Probe: { objects: prometheusCr.probeSelector, namespaces: prometheusCr.probeNamespaceSelector },
      ScrapeConfig: {
        objects: prometheusCr.scrapeConfigSelector,
        namespaces: prometheusCr.scrapeConfigNamespaceSelector,
      },
    },
  });
  return objects
    .filter(({ kind }) => kind in GENERATORS)
    .filter((monitor) => selection.decide(monitor.kind as MonitorKind, monitor, namespaceLabels(monitor)).selected)
    .map((monitor) => asStored(monitor));
}

function namespaceLabels({ metadata }: Monitor): Readonly<Record<string, string>> {
  return (
    world.objects.find(({ kind, metadata: { name } }) => kind === "Namespace" && name === metadata.namespace)?.metadata
      .labels ?? {}
  );
}

/** A Probe's path has a default in its schema. */
function asStored(monitor: Monitor): Monitor {
  if (monitor.kind !== "Probe") return monitor;
  const prober = monitor.spec?.["prober"] as Monitor["spec"];
  return { ...monitor, spec: { ...monitor.spec, prober: { path: "/probe", ...prober } } };
}

function read(file: string): string {
  const text = readFileSync(new URL(file, TESTDATA), "utf8");
  return text.replaceAll("@HERE@", "/here").replaceAll("@KUBECONFIG@", "/kubeconfig");
}
