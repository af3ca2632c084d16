import { createApp } from "../../src/http/app.ts";
import { runningPod } from "./cluster-objects.ts";
import { MemoryLogger } from "./memory-logger.ts";
import { monitor } from "./monitor-selection.ts";
import { PipelineStage } from "./pipeline-stage.ts";
import { type ServedApp, serveApp } from "./served-app.ts";

const BROKEN = { selector: {}, endpoints: [{ port: "http", relabelings: [{ action: "keep", regex: "(" }] }] };
const DROPPING = {
  staticConfigs: [{ targets: ["x:1", "y:1", "y:2", "z:1"] }],
  relabelings: [
    { action: "drop", sourceLabels: ["__address__"], regex: "y.*" },
    { action: "keep", sourceLabels: ["__address__"], regex: "x.*" },
  ],
};

/** A running allocation behind HTTP, with monitors in `shop` that are used, refused and not selected. */
export class MonitorsStage {
  readonly pipeline = new PipelineStage();
  #app: ServedApp | undefined;

  async start(): Promise<void> {
    const { cluster, metrics, pipeline } = this.pipeline;
    cluster.put(runningPod("collector-0", { metadata: { namespace: "obs", labels: { app: "collector" } } }));
    cluster.put(monitor("shop", "bad & worse", { labels: { team: "red" }, spec: BROKEN }));
    cluster.put(monitor("shop", "blue", { labels: { team: "blue" }, spec: BROKEN }));
    cluster.put(monitor("shop", "web", { kind: "ScrapeConfig", spec: DROPPING }));
    const prometheus_cr = {
      enabled: true,
      service_monitor_selector: { matchLabels: { team: "red" } },
      scrape_config_selector: {},
    };
    await this.pipeline.start({ jobs: {}, settings: { prometheus_cr } });
    this.#app = await serveApp(
      createApp({
        allocation: pipeline,
        title: "shop",
        revealSecrets: () => false,
        log: new MemoryLogger(),
        metrics,
        exposition: metrics,
        stopping: new AbortController().signal,
      }),
    );
  }

  get url(): string {
    return this.#app?.url ?? "";
  }

  async stop(): Promise<void> {
    await this.#app?.stop();
    await this.pipeline.stop();
  }
}
