import { readFile } from "node:fs/promises";
import { createDiscovererFactory } from "../discovery/registry.ts";
import { createApp } from "../http/app.ts";
import { serve } from "../http/server.ts";
import { PromClientMetrics } from "../observability/prom-client-metrics.ts";
import { systemClock } from "../observability/system-clock.ts";
import { createWinstonLogger } from "../observability/winston-logger.ts";
import type { Logger } from "../observability/logger.ts";
import { ALLOCATOR_FLAGS, type EffectiveFile, overrideFile } from "../options/allocator-options.ts";
import { resolveLoggingOptions } from "../options/logging-options.ts";
import { readSettings } from "../options/sources.ts";
import { readTargetAllocatorFile } from "../options/target-allocator-file.ts";
import { Pipeline } from "../pipeline/pipeline.ts";
import { type Command, EXIT } from "./command.ts";
import { commandHelp } from "./command-help.ts";
import { DiscoveryClusters } from "./discovery-clusters.ts";
import { runGroup } from "./run-group.ts";

const HELP = commandHelp({
  usage: "target-allocator [FLAGS]",
  about: `Runs one target allocator from a configuration file: discovers its targets, gives each to one collector, and serves
every collector its share. Takes the place of the Go target allocator, with its flags, file and routes. Needs no
Kubernetes when the file lists its collectors (collectors: [{ name: … }]) and no job discovers on Kubernetes.`,
  flags: ALLOCATOR_FLAGS,
});

/** How long requests are still taken after the stop, until clients have seen that readiness is gone. */
const LINGER_MS = 500;

/** `otel-allocator target-allocator`. */
export const targetAllocator: Command = async (argv, context) => {
  const settings = readSettings(ALLOCATOR_FLAGS, argv, context.env);
  if (settings.help) {
    context.out(HELP);
    return EXIT.ok;
  }
  const path = settings.values.configFile;
  const text = await readConfigFile(path);
  const file = usingFile(path, () => overrideFile(readTargetAllocatorFile(text), settings, context.env));
  const { level, encoding, time } = resolveLoggingOptions(settings.values);
  const log = createWinstonLogger({ clock: systemClock, level, encoding, time });
  await run({ file, path, log }, context.signal);
  log.info("target allocator exited");
  return EXIT.ok;
};

async function readConfigFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new Error(`configuration file ${path} (--config-file) cannot be read`, { cause });
  }
}

/** Names the file in what is wrong with it. */
function usingFile<T>(path: string, use: () => T): T {
  try {
    return use();
  } catch (cause) {
    throw new Error(`configuration file ${path}`, { cause });
  }
}

interface AllocatorProcess {
  readonly file: EffectiveFile;
  readonly path: string;
  readonly log: Logger;
}

async function run({ file, path, log }: AllocatorProcess, signal: AbortSignal): Promise<void> {
  const metrics = new PromClientMetrics();
  metrics.collectProcessMetrics();
  const { openCluster } = await import("./open-cluster.ts");
  const open = (kubeconfigPath: string, whenMissing: "fail" | "in-cluster" = "fail"): ReturnType<typeof openCluster> =>
    openCluster({ kubeconfigPath, whenMissing, log });
  const own = needsKubernetes(file) ? open(file.kubeconfigPath, "in-cluster") : undefined;
  const clusters = new DiscoveryClusters({
    own: own === undefined ? undefined : { informers: own.informers, kubeconfigPath: file.kubeconfigPath },
    open,
  });
  const pipeline = new Pipeline({
    informers: own?.informers,
    createDiscoverer: createDiscovererFactory({ clusterFor: clusters.clusterFor, ownNamespace: own?.namespace }),
    clock: systemClock,
    log,
    metrics,
  });
  usingFile(path, () => {
    const invalid = pipeline.reload(file);
    if (invalid !== undefined) throw invalid;
  });
  if (file.allowInsecureAuthSecrets)
    log.info("secrets are served in clear over plain HTTP (allow_insecure_auth_secrets)");
  if (file.https.enabled)
    log.warn("https.enabled is set, but HTTPS is not served by this version; secrets stay masked");
  log.info("starting the target allocator", { configFile: path, server: own?.server ?? "none" });
  try {
    await runGroup(signal, {
      allocation: async (stop) => pipeline.run(stop),
      "HTTP server": async (stop) =>
        serve(
          createApp({
            allocation: pipeline,
            title:
              file.collectorNamespace === "" ? "Target allocator" : `Target allocator of ${file.collectorNamespace}`,
            revealSecrets: file.allowInsecureAuthSecrets,
            log,
            metrics,
            exposition: metrics,
            stopping: stop,
          }),
          {
            ...file.listen,
            setBy: `--listen-addr or listen_addr in ${path}`,
            lingerMs: LINGER_MS,
            onListening: ({ port }) => log.info("serving HTTP", { host: file.listen.host ?? "all interfaces", port }),
          },
          stop,
        ),
    });
  } finally {
    await Promise.all([clusters.close(), own?.close()]);
  }
}

/** Whether the file can be run without an API server: no collector pods to watch, no job that discovers there. */
function needsKubernetes({ collectors, scrapeConfigs, prometheusCr }: EffectiveFile): boolean {
  if (collectors === undefined || prometheusCr.enabled) return true;
  const jobs = scrapeConfigs?.jobs ?? [];
  // Jobs that name a kubeconfig of their own are connected to by it.
  return jobs.some(({ discovery }) =>
    discovery.some(
      ({ mechanism, settings }) => mechanism === "kubernetes" && (settings["kubeconfig_file"] ?? "") === "",
    ),
  );
}
