import { DiscoveryMetrics } from "../discovery/discovery-metrics.ts";
import type { ExternalDiscoveryOptions } from "../discovery/external-mechanisms.ts";
import { type UnwatchedDirectory, watchDirectory } from "../discovery/file/directory-watches.ts";
import { createDiscovererFactory } from "../discovery/registry.ts";
import { createApp, createCache } from "../http/app.ts";
import { PromClientMetrics } from "../observability/prom-client-metrics.ts";
import { systemClock } from "../observability/system-clock.ts";
import { createWinstonLogger } from "../observability/winston-logger.ts";
import type { Logger } from "../observability/logger.ts";
import type { Metrics } from "../observability/metrics.ts";
import { ALLOCATOR_FLAGS, type EffectiveFile } from "../options/allocator-options.ts";
import { resolveLoggingOptions } from "../options/logging-options.ts";
import { type ProxyEnvironment, readProxyEnvironment } from "../options/proxy-environment.ts";
import { readSettings } from "../options/sources.ts";
import type { MonitorEvents } from "../pipeline/monitor-feed.ts";
import { Pipeline } from "../pipeline/pipeline.ts";
import { generateJobs } from "../prometheus-cr/generate-jobs.ts";
import type { AllocatorClusters } from "./allocator-clusters.ts";
import { AuthorEvents } from "./author-events.ts";
import { type Command, EXIT } from "./command.ts";
import { commandHelp } from "./command-help.ts";
import { needsOwnCluster, reachesKubernetes } from "./needed-clusters.ts";
import { runGroup } from "./run-group.ts";
import { serving } from "./serving.ts";
import { reportSlowStart } from "./slow-start.ts";
import {
  type ConfigFile,
  type Overrides,
  readConfigFile,
  toEffectiveFile,
  usingFile,
} from "./target-allocator/config-file.ts";
import { ConfigReload, type ConfigReloadOptions } from "./target-allocator/config-reload.ts";
import { followFile } from "./target-allocator/followed-file.ts";
import { parseFile } from "./target-allocator/parse-file.ts";
import { httpsServer } from "./target-allocator/https-server.ts";

const HELP = commandHelp({
  usage: "target-allocator [FLAGS]",
  about: `Runs one target allocator from a configuration file: discovers its targets, gives each to one collector, and serves
every collector its share. A changed file is taken over without a restart. Takes the place of the Go target allocator, with
its flags, file and routes. Needs no Kubernetes when the file lists its collectors (collectors: [{ name: … }]) and no job discovers on Kubernetes.`,
  flags: ALLOCATOR_FLAGS,
});

/** `otel-allocator target-allocator`. */
export const targetAllocator: Command = async (argv, context) => {
  const settings = readSettings(ALLOCATOR_FLAGS, argv, context.env);
  if (settings.help) {
    context.out(HELP);
    return EXIT.ok;
  }
  const path = settings.values.configFile;
  const written = { path, text: await readConfigFile(path) };
  const overrides = { settings, env: context.env };
  const file = usingFile(written, () => toEffectiveFile(written.text, overrides));
  const { level, encoding, time } = resolveLoggingOptions(settings.values);
  const log = createWinstonLogger({ clock: systemClock, level, encoding, time });
  const [argument] = settings.positionals;
  // The Go allocator passes over them too, and its Deployments must start. Mostly a switch was meant.
  if (argument !== undefined) log.warn("an argument is left out; a switch is set with =true", { argument });
  const proxyEnvironment = readProxyEnvironment(context.env);
  await run({ file, written, overrides, log, proxyEnvironment }, context.signal);
  log.info("target allocator exited");
  return EXIT.ok;
};

interface AllocatorProcess {
  readonly file: EffectiveFile;
  readonly written: ConfigFile;
  readonly overrides: Overrides;
  readonly log: Logger;
  readonly proxyEnvironment: ProxyEnvironment;
}

async function run(options: AllocatorProcess, signal: AbortSignal): Promise<void> {
  const { file, written, overrides, log, proxyEnvironment } = options;
  const metrics = new PromClientMetrics();
  metrics.collectProcessMetrics();
  const clusters = reachesKubernetes(file)
    ? (await import("./allocator-clusters.ts")).connectAllocator(file, log, proxyEnvironment)
    : undefined;
  const events = clusters?.own === undefined ? undefined : new AuthorEvents({ client: clusters.own.client, log });
  try {
    const external = { clock: systemClock, metrics: new DiscoveryMetrics(metrics), proxyEnvironment };
    const pipeline = createPipeline(file, clusters, { log, metrics, external, events });
    await pipeline.prepare(file, signal);
    usingFile(written, () => {
      const invalid = pipeline.reload(file);
      if (invalid !== undefined) throw invalid;
    });
    const reaches = (changed: EffectiveFile): boolean =>
      needsOwnCluster(changed) ? clusters?.own !== undefined : clusters !== undefined || !reachesKubernetes(changed);
    const reload = new ConfigReload({ path: written.path, overrides, started: file, reaches, parse, pipeline, log });
    const cache = createCache();
    const app = (revealSecrets: () => boolean, noticeRotation: boolean) => (stopping: AbortSignal) =>
      createApp({
        allocation: pipeline,
        title: `Target allocator ${file.collectorNamespace}`.trim(),
        revealSecrets,
        noticeRotation,
        cache,
        log,
        metrics,
        exposition: metrics,
        stopping,
      });
    const https = await httpsServer(file.https, {
      setBy: `--listen-addr-https or https.listen_addr in ${written.path}`,
      clock: systemClock,
      log,
      app: app(() => true, true),
    });
    log.info("starting the target allocator", { configFile: written.path, server: clusters?.own?.server ?? "none" });
    await runGroup(signal, {
      allocation: async (stop) => {
        const waitingFor = (): readonly string[] => pipeline.waitingFor();
        await Promise.all([pipeline.run(stop), reportSlowStart({ clock: systemClock, log, waitingFor }, stop)]);
      },
      configuration: async (stop) => followConfig(written, { reload, log }, stop),
      "HTTP server": serving({
        listen: file.listen,
        setBy: `--listen-addr or listen_addr in ${written.path}`,
        what: "HTTP",
        log,
        app: app(() => reload.inForce.allowInsecureAuthSecrets, false),
      }),
      ...https,
    });
  } finally {
    await events?.close();
    await clusters?.close();
  }
}

const parse: ConfigReloadOptions["parse"] = async (text, signal) => parseFile(text, systemClock, signal);

async function followConfig(
  { path, text }: ConfigFile,
  { reload, log }: { readonly reload: ConfigReload; readonly log: Logger },
  signal: AbortSignal,
): Promise<void> {
  let taken = Promise.resolve();
  const options = {
    path,
    text,
    watchDirectory,
    clock: systemClock,
    onText: (changed: string): void => {
      taken = reload.take(changed, signal);
    },
    onUnreadable: (error: NodeJS.ErrnoException): void => reload.lost(error),
    onUnwatched: ({ path: directory, error }: UnwatchedDirectory): void =>
      log.warn("changes of the configuration file are seen late; its directory cannot be watched", {
        directory,
        error,
      }),
  };
  await followFile(options, signal);
  await taken;
}

interface PipelineSurroundings {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly external: ExternalDiscoveryOptions;
  readonly events: MonitorEvents | undefined;
}

function createPipeline(
  file: EffectiveFile,
  clusters: AllocatorClusters | undefined,
  { log, metrics, external, events }: PipelineSurroundings,
): Pipeline {
  if (file.allowInsecureAuthSecrets) {
    log.info("secrets are served in clear over plain HTTP (allow_insecure_auth_secrets)");
  }
  const { own, kubeconfigFile = "", clusterFor = noCluster } = clusters ?? {};
  return new Pipeline({
    informers: own?.informers,
    monitors: own === undefined ? undefined : { client: own.client, generate: generateJobs, events },
    kubeconfigFile,
    createDiscoverer: createDiscovererFactory({ clusterFor, ownNamespace: own?.namespace, external }),
    clock: systemClock,
    log,
    metrics,
  });
}

function noCluster(): never {
  throw new Error("the target allocator was started with a file that needs no Kubernetes cluster; restart it");
}
