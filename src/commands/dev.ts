import { stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { RESOURCES } from "../api/resource-type.ts";
import { COLLECTOR_FINALIZER } from "../controllers/index.ts";
import { createOperatorApp } from "../http/operator-app.ts";
import { serve } from "../http/server.ts";
import { ClientLifecycle } from "../kube/client-lifecycle.ts";
import { InMemoryCluster } from "../kube/in-memory/in-memory-cluster.ts";
import { PromClientMetrics } from "../observability/prom-client-metrics.ts";
import { systemClock } from "../observability/system-clock.ts";
import { createWinstonLogger } from "../observability/winston-logger.ts";
import { DEV_FLAGS, type DevOptions, resolveDevOptions } from "../options/dev-options.ts";
import { readProxyEnvironment } from "../options/proxy-environment.ts";
import { readSettings } from "../options/sources.ts";
import { type Command, type CommandContext, EXIT } from "./command.ts";
import { commandHelp } from "./command-help.ts";
import { AllocationNews } from "./dev/allocation-news.ts";
import { followChanges } from "./dev/follow-changes.ts";
import { GeneratedFiles } from "./dev/generated-files.ts";
import { ManifestDirectory } from "./dev/manifest-directory.ts";
import { fileOf } from "./manifests.ts";
import { ProblemNews } from "./dev/problem-news.ts";
import { changeLines, greeting, suggestions } from "./dev/screen.ts";
import { WorkloadSimulator } from "./dev/workload-simulator.ts";
import { OperatorProcess } from "./operator-process.ts";
import type { Actor } from "./run-group.ts";

const HELP = commandHelp({
  usage: "dev DIR [FLAGS]",
  about: `Runs the operator over a directory of manifests instead of a cluster: saving a file is kubectl apply, and workloads
get simulated pods. Generated objects and status are written to DIR/.cluster/.`,
  flags: DEV_FLAGS,
});

/** Where generated objects are shown, below the directory of manifests. */
const GENERATED_DIR = ".cluster";
/** What happens to allocations within this time is told together. */
const NEWS_SETTLE_MS = 300;

/** `otel-allocator dev`. */
export const dev: Command = async (argv, context) => {
  const settings = readSettings(DEV_FLAGS, argv, context.env);
  if (settings.help) {
    context.out(HELP);
    return EXIT.ok;
  }
  const options = resolveDevOptions(settings);
  await mustBeDirectory(options.dir);
  await new DevSession(options, context).run();
  return EXIT.ok;
};

async function mustBeDirectory(dir: string): Promise<void> {
  const found = await stat(dir).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  const what = found === undefined ? "does not exist" : "is no directory";
  throw new Error(`${dir} ${what}; give a directory of manifests, such as examples/quickstart`);
}

/** A cluster in memory, everything that makes it look alive, and the operator on it. */
class DevSession {
  readonly #options: DevOptions;
  readonly #context: CommandContext;
  readonly #cluster: InMemoryCluster;
  readonly #metrics = new PromClientMetrics();
  readonly #log;
  readonly #manifests: ManifestDirectory;
  readonly #operator: OperatorProcess;
  readonly #listening = Promise.withResolvers<string>();
  #looked = false;

  constructor(options: DevOptions, context: CommandContext) {
    this.#options = options;
    this.#context = context;
    const log = createWinstonLogger({ clock: systemClock, ...options.logging });
    this.#log = log;
    this.#cluster = new InMemoryCluster({
      missingNamespaces: "create",
      onHandlerError: (error) => log.error("a change handler failed", { error }),
    });
    this.#manifests = new ManifestDirectory(options.dir, this.#cluster.client("kubectl"));
    const client = this.#cluster.client("otel-allocator");
    this.#operator = new OperatorProcess({
      client,
      informers: this.#cluster.informers,
      lifecycle: new ClientLifecycle({
        client,
        types: [RESOURCES.OpenTelemetryCollector, RESOURCES.TargetAllocator],
        finalizer: COLLECTOR_FINALIZER,
      }),
      manifests: options.manifests,
      watchNamespaces: [],
      instance: hostname(),
      proxyEnvironment: readProxyEnvironment(context.env),
      clock: systemClock,
      log,
      metrics: this.#metrics,
    });
  }

  async run(): Promise<void> {
    const generatedDir = join(this.#options.dir, GENERATED_DIR);
    const simulator = new WorkloadSimulator(this.#cluster, systemClock);
    const generated = new GeneratedFiles(generatedDir, this.#cluster);
    try {
      await this.#operator.run(this.#context.signal, {
        "HTTP server": async (stop) => this.#serve(stop),
        "manifest directory": async (stop) => this.#follow(generatedDir, stop),
        "workload simulator": async (stop) => simulator.run(stop),
        "generated files": async (stop) => generated.run(stop),
        news: async (stop) => this.#tellNews(stop),
      });
    } finally {
      await this.#cluster.informers.close();
    }
  }

  readonly #serve: Actor = async (stopping) => {
    const app = createOperatorApp({
      directory: this.#operator.directory,
      waitingFor: () => this.#waitingFor(),
      log: this.#log,
      metrics: this.#metrics,
      exposition: this.#metrics,
      stopping,
    });
    const onListening = ({ url }: { url: string }): void => this.#listening.resolve(url);
    await serve(app, { ...this.#options.listen, setBy: "--listen-addr or LISTEN_ADDR", onListening }, stopping);
  };

  /** Unlike the operator, whose resources come and go, this waits for every allocation: then all there is can be tried. */
  #waitingFor(): readonly string[] {
    if (!this.#looked) return ["the manifests have not been read"];
    const allocations = this.#operator.directory.list().flatMap(({ allocation }) => allocation.waitingFor());
    return [...this.#operator.waitingFor(), ...allocations];
  }

  async #follow(generatedDir: string, stop: AbortSignal): Promise<void> {
    const url = await this.#whenListening(stop);
    if (url === undefined) return;
    this.#context.out(greeting({ dir: this.#options.dir, generatedDir, url }));
    await this.#manifests.run((change) => {
      this.#looked = true;
      this.#context.out(changeLines(change));
    }, stop);
  }

  /** Tells how allocations change, what is wrong, and once, when there is something to try, what. */
  async #tellNews(stop: AbortSignal): Promise<void> {
    const url = await this.#whenListening(stop);
    if (url === undefined) return;
    const { directory } = this.#operator;
    const news = new AllocationNews(directory);
    const problems = new ProblemNews({ cluster: this.#cluster, directory });
    let suggested = false;
    const work = async (): Promise<void> => {
      for (const lines of [news.next(), problems.next()]) {
        if (lines !== undefined) this.#context.out(lines);
      }
      const hints = suggested ? undefined : this.#suggestions(url);
      if (hints === undefined) return;
      suggested = true;
      this.#context.out(hints);
    };
    const subscribe = (changed: () => void): (() => void) => {
      const unsubscribes = [this.#operator.onChange(changed), this.#cluster.onChange(changed)];
      return () => {
        for (const unsubscribe of unsubscribes) unsubscribe();
      };
    };
    await followChanges({ subscribe, settleMs: NEWS_SETTLE_MS, work }, stop);
  }

  #suggestions(url: string): string | undefined {
    for (const listed of this.#operator.directory.list()) {
      const manifest = this.#manifests.manifests.find(
        ({ type, object: { metadata } }) =>
          type.kind === "OpenTelemetryCollector" &&
          listed.collectors.includes(metadata.name) &&
          metadata.namespace === listed.namespace,
      );
      const hints = manifest === undefined ? undefined : suggestions(listed, url, fileOf(manifest));
      if (hints !== undefined) return hints;
    }
    return undefined;
  }

  /** The URL once requests are answered; undefined when the session ends before. */
  async #whenListening(stop: AbortSignal): Promise<string | undefined> {
    const ended = Promise.withResolvers<undefined>();
    stop.addEventListener("abort", () => ended.resolve(undefined), { once: true });
    if (stop.aborted) return undefined;
    return Promise.race([this.#listening.promise, ended.promise]);
  }
}
