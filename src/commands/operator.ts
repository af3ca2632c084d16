import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { RESOURCES } from "../api/resource-type.ts";
import { COLLECTOR_FINALIZER, LeaderElector, OPERATOR_LEASE } from "../controllers/index.ts";
import { createHealthApp } from "../http/health-app.ts";
import { createOperatorApp } from "../http/operator-app.ts";
import { createProfilingApp } from "../http/profiling-app.ts";
import type { KubeConnection } from "../kube/client-node/connection.ts";
import { OperatorHost } from "../kube/client-node/operator-host.ts";
import type { Logger } from "../observability/logger.ts";
import { Profiler } from "../observability/profiler.ts";
import { PromClientMetrics } from "../observability/prom-client-metrics.ts";
import { systemClock } from "../observability/system-clock.ts";
import { createWinstonLogger } from "../observability/winston-logger.ts";
import { refuseArguments } from "../options/command-line.ts";
import { GO_OPERATOR_FLAGS_WITHOUT_EFFECT } from "../options/flags-without-effect.ts";
import { OPERATOR_FLAGS, type OperatorOptions, resolveOperatorOptions } from "../options/operator-options.ts";
import { readProxyEnvironment } from "../options/proxy-environment.ts";
import { readSettings } from "../options/sources.ts";
import { type Command, type CommandContext, EXIT } from "./command.ts";
import { commandHelp } from "./command-help.ts";
import { openCluster } from "./open-cluster.ts";
import { requireDefinition } from "./operator/missing-definition.ts";
import { metricsServer } from "./operator/metrics-server.ts";
import { fipsSigns, withDisabledComponents } from "./operator/fips-mode.ts";
import { operatorWebhooks } from "./operator/operator-webhooks.ts";
import type { WebhookServer } from "./operator/webhook-server.ts";
import { OperatorProcess } from "./operator-process.ts";
import { requestCounter } from "./request-counter.ts";
import type { Actor } from "./run-group.ts";
import { serving } from "./serving.ts";
import { UnreadableFileError } from "./unreadable-file-error.ts";

const HELP = commandHelp({
  usage: "operator [FLAGS]",
  about: `Runs the operator: makes the objects of every OpenTelemetryCollector, keeps them as they should be, and serves each
one's targets below /namespaces/NAMESPACE/opentelemetrycollectors/NAME.`,
  flags: OPERATOR_FLAGS,
});

/** `otel-allocator operator`. */
export const operator: Command = async (argv, context) => {
  const settings = readSettings(OPERATOR_FLAGS, argv, context.env, {
    file: { named: "configFile", read: readSettingsText },
    withoutEffect: GO_OPERATOR_FLAGS_WITHOUT_EFFECT,
  });
  if (settings.help) {
    context.out(HELP);
    return EXIT.ok;
  }
  refuseArguments(settings.positionals);
  const options = resolveOperatorOptions(settings.values, context.env);
  const log = createWinstonLogger({ clock: systemClock, ...options.logging });
  for (const { name, why } of settings.withoutEffect) log.warn("a setting has no effect", { setting: name, why });
  for (const note of settings.values.featureGates.notes) log.warn(note);
  const metrics = new PromClientMetrics();
  metrics.collectProcessMetrics();
  const count = requestCounter(metrics);
  const connection: KubeConnection = openCluster({
    kubeconfigPath: options.kubeconfigPath,
    whenMissing: "fail",
    setBy: "--kubeconfig or KUBECONFIG",
    log,
    onRequest: (observation) => count(observation, connection.server),
  });
  try {
    await run(withDisabledComponents(options, fipsSigns(), log), connection, { log, metrics, context });
  } finally {
    await connection.close();
  }
  log.info("operator exited");
  return EXIT.ok;
};

interface Surroundings {
  readonly log: Logger;
  readonly metrics: PromClientMetrics;
  readonly context: CommandContext;
}

function readSettingsText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UnreadableFileError(`file of settings ${path} (--config-file)`, cause);
  }
}

async function run(
  options: OperatorOptions,
  connection: KubeConnection,
  { log, metrics, context: { env, signal } }: Surroundings,
): Promise<void> {
  const { client, informers } = connection;
  const namespaces = options.watchNamespaces.length === 0 ? {} : { namespaces: options.watchNamespaces };
  const host = new OperatorHost({
    connection,
    resources: [
      { type: RESOURCES.OpenTelemetryCollector, ...namespaces },
      { type: RESOURCES.TargetAllocator, ...namespaces },
    ],
    finalizer: COLLECTOR_FINALIZER,
    onMessage: (message) => log.debug(message, { logger: "operator-host" }),
  });
  const proxies = readProxyEnvironment(env);
  const election = createElection(options, connection, log, metrics);
  // Webhooks tell of what they do by the Events of the process, which in turn tells how webhooks are.
  const served: { webhooks?: WebhookServer } = {};
  const operatorProcess = new OperatorProcess({
    client,
    informers,
    lifecycle: host,
    manifests: options.manifests,
    watchNamespaces: options.watchNamespaces,
    metricsOfCollectors: options.metrics.ofResources,
    ...(election === undefined ? {} : { election }),
    instance: hostname(),
    proxyEnvironment: proxies,
    podProxies: proxies,
    webhookProblem: () => served.webhooks?.problem(),
    clock: systemClock,
    log,
    metrics,
  });
  log.info("starting the operator", {
    server: connection.server,
    watchNamespaces: options.watchNamespaces.join(",") || "all",
    leaderElection: election !== undefined,
  });
  const { events } = operatorProcess;
  const webhooks = await operatorWebhooks({ options, connection, events, clock: systemClock, log, metrics });
  served.webhooks = webhooks;
  const servers = {
    ...serversOf(options, { operatorProcess, webhooks }, metrics, log),
    ...webhooks.actors,
    ...(await metricsServer({
      options: options.metrics,
      tls: options.tls,
      client,
      clock: systemClock,
      log,
      exposition: metrics,
    })),
    ...profilingServer(options, log),
    ...requiredDefinitions(options, connection),
  };
  await host.run(signal, { onStart: async (stop) => operatorProcess.run(stop, servers) });
}

function createElection(
  { leaderElection }: OperatorOptions,
  { client, informers, namespace }: KubeConnection,
  log: Logger,
  metrics: PromClientMetrics,
): LeaderElector | undefined {
  if (leaderElection === undefined) return undefined;
  return new LeaderElector({
    ...leaderElection,
    client,
    informers,
    clock: systemClock,
    log,
    metrics,
    lease: { namespace: leaderElection.namespace ?? namespace, name: OPERATOR_LEASE },
    identity: `${hostname()}_${randomUUID()}`,
  });
}

function requiredDefinitions(
  { ignoreMissingCollectorCrds, watchNamespaces: [first] }: OperatorOptions,
  { client, namespace }: KubeConnection,
): Readonly<Record<string, Actor>> {
  if (ignoreMissingCollectorCrds) return {};
  const type = RESOURCES.OpenTelemetryCollector;
  return { definitions: requireDefinition({ client, clock: systemClock, type, namespace: first ?? namespace }) };
}

/** Nobody profiles by accident: the address must be given. */
function profilingServer({ profiling }: OperatorOptions, log: Logger): Readonly<Record<string, Actor>> {
  if (profiling === undefined) return {};
  const profiler = new Profiler();
  return {
    "profiling server": serving({
      listen: profiling,
      setBy: "--pprof-addr or PPROF_ADDR",
      what: "profiles",
      log,
      app: (stopping) => createProfilingApp({ profiler, log, stopping }),
    }),
  };
}

function serversOf(
  { listen, healthProbe, metrics: { listen: metricsListen } }: OperatorOptions,
  { operatorProcess, webhooks }: { readonly operatorProcess: OperatorProcess; readonly webhooks: WebhookServer },
  metrics: PromClientMetrics,
  log: Logger,
): Readonly<Record<string, Actor>> {
  const { directory, stuck } = operatorProcess;
  const waitingFor = (): readonly string[] => [...operatorProcess.waitingFor(), ...webhooks.waitingFor()];
  return {
    "HTTP server": serving({
      listen,
      setBy: "--listen-addr or LISTEN_ADDR",
      what: "HTTP",
      log,
      app: (stopping) =>
        createOperatorApp({
          directory,
          waitingFor,
          stuck,
          log,
          metrics,
          ...(metricsListen === undefined ? { exposition: metrics } : {}),
          stopping,
        }),
    }),
    "probe server": serving({
      listen: healthProbe,
      setBy: "--health-probe-addr or HEALTH_PROBE_ADDR",
      what: "probes",
      log,
      app: (stopping) => createHealthApp({ stuck, waitingFor, stopping }),
    }),
  };
}
