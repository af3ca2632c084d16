import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { type ControlPlane, installCrds, startControlPlane } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { type MetricEndpoint, type MetricEndpoints, startMetricEndpoints } from "./metric-endpoints.ts";
import { type Program, freeAddress, startProgram } from "./program.ts";
import { type RealCollector, collectorLog, startRealCollector } from "./real-collector.ts";
import { type RecordingProxy, startRecordingProxy } from "./recording-proxy.ts";

const NAMESPACE = "shop";
const NAME = "main";
const OPERATOR_NAMESPACE = "opentelemetry-operator-system";
const OPERATOR_ACCOUNT = "opentelemetry-operator-controller-manager";
/** One scrape a second would leave no room between "late" and "missing" on a busy machine. */
const SCRAPE_INTERVAL_MS = 2_000;
const NODES = 3;
const ENDPOINTS = 12;

interface Listed {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly data?: Readonly<Record<string, string>>;
    readonly spec: { readonly template: { readonly spec: { readonly volumes: readonly Volume[] } } };
  }[];
}
interface Volume {
  readonly configMap?: { readonly name: string };
}

/** Where collectors get their share from. */
export type Route = "allocator" | "operator";

/**
 * The whole of it, for real: a control plane with simulated kubelets, the operator under its own role, a collector
 * resource, the generated allocator, and real collectors in the place of the pods that kwok only pretends to run.
 */
export class MainJobStage {
  readonly #dir = mkdtempSync(join(tmpdir(), "main-job-"));
  readonly #collectors = new Map<string, RealCollector>();
  readonly #plane: ControlPlane;
  readonly #endpoints: MetricEndpoints;
  readonly #operatorArgs: readonly string[];
  readonly #operatorUrl: string;
  readonly #healthUrl: string;
  #operator: Program | undefined;
  #allocator: Program | undefined;
  #proxy: RecordingProxy | undefined;

  private constructor(plane: ControlPlane, endpoints: MetricEndpoints, addresses: OperatorAddresses) {
    this.#plane = plane;
    this.#endpoints = endpoints;
    this.#operatorUrl = `http://${addresses.listen}`;
    this.#healthUrl = `http://${addresses.health}`;
    this.#operatorArgs = [
      "operator",
      "--metrics-addr=0",
      `--kubeconfig=${addresses.kubeconfigPath}`,
      `--listen-addr=${addresses.listen}`,
      `--health-probe-addr=${addresses.health}`,
      "--enable-webhooks=false",
    ];
  }

  /** Starts the control plane, applies CRDs and permissions, and starts the operator as its service account. */
  static async start(): Promise<MainJobStage> {
    const plane = await startControlPlane({ controllerManager: true, scheduler: true, kwok: true });
    const endpoints = await startMetricEndpoints(ENDPOINTS);
    for (let node = 0; node < NODES; node++) await plane.kubectl(["create", "-f", "-"], fakeNode(`node-${node}`));
    await installCrds(plane);
    await plane.kubectl(["create", "namespace", NAMESPACE]);
    await plane.kubectl(["apply", "-k", join(ROOT, "config", "rbac")]);
    const token = await plane.kubectl(["create", "token", OPERATOR_ACCOUNT, "-n", OPERATOR_NAMESPACE, "--duration=2h"]);
    const stage = new MainJobStage(plane, endpoints, {
      kubeconfigPath: plane.kubeconfigWithToken(token.trim()),
      listen: await freeAddress(),
      health: await freeAddress(),
    });
    await stage.startOperator();
    return stage;
  }

  get endpoints(): readonly MetricEndpoint[] {
    return this.#endpoints.endpoints;
  }
  get proxy(): RecordingProxy {
    if (this.#proxy === undefined) throw new Error("collectors are not running yet");
    return this.#proxy;
  }
  get operatorUrl(): string {
    return `${this.#operatorUrl}/namespaces/${NAMESPACE}/opentelemetrycollectors/${NAME}`;
  }
  get scrapeIntervalMs(): number {
    return SCRAPE_INTERVAL_MS;
  }

  async startOperator(): Promise<void> {
    this.#operator = startProgram({
      args: this.#operatorArgs,
      dir: this.#dir,
      name: "operator",
      url: this.#operatorUrl,
    });
    await this.#operator.whenReady(`${this.#healthUrl}/readyz`);
  }

  /** kubectl apply, as a user does it. */
  async applyCollector(replicas: number): Promise<void> {
    await this.#plane.kubectl(["apply", "-f", "-"], stringify(this.#collectorResource(replicas)));
    await eventually(() => this.#expectReadyPods(replicas), { withinMs: 60_000, everyMs: 300 });
  }

  async status(): Promise<unknown> {
    const text = await this.#plane.kubectl(["get", "otelcol", NAME, "-n", NAMESPACE, "-o", "json"]);
    return (JSON.parse(text) as { status: unknown }).status;
  }

  async kubectl(args: readonly string[]): Promise<string> {
    return this.#plane.kubectl(["-n", NAMESPACE, ...args]);
  }

  /** Starts the generated allocator as its Deployment would, and leads the proxy to the chosen route. */
  async startAllocator(route: Route): Promise<void> {
    const address = this.#allocator === undefined ? await freeAddress() : new URL(this.#allocator.url).host;
    await this.#allocator?.child.stop();
    const configPath = join(this.#dir, "targetallocator.yaml");
    writeFileSync(configPath, await this.#configMapData(`${NAME}-targetallocator`, "targetallocator.yaml"));
    this.#allocator = startProgram({
      args: [
        "target-allocator",
        `--config-file=${configPath}`,
        `--kubeconfig-path=${this.#plane.kubeconfigPath}`,
        `--listen-addr=${address}`,
      ],
      dir: this.#dir,
      name: "target-allocator",
      env: { OTELCOL_NAMESPACE: NAMESPACE },
      url: `http://${address}`,
    });
    await this.#allocator.whenReady();
    const target = route === "allocator" ? this.#allocator.url : this.operatorUrl;
    this.#proxy ??= await startRecordingProxy(target);
    this.#proxy.target = target;
  }

  /** SIGKILL, and up again: what a node does to a pod at its worst. */
  async crash(route: Route): Promise<void> {
    if (route === "allocator") {
      await this.#allocator?.child.stop("SIGKILL");
      await this.startAllocator(route);
    } else {
      await this.#operator?.child.stop("SIGKILL");
      await this.startOperator();
    }
  }

  /** Makes the running collectors those of the StatefulSet's pods, as the kubelet would. */
  async followPods(replicas: number): Promise<void> {
    const wanted = new Set(Array.from({ length: replicas }, (_, index) => `${NAME}-collector-${index}`));
    for (const [podName, collector] of this.#collectors) {
      if (wanted.has(podName)) continue;
      await collector.stop();
      this.#collectors.delete(podName);
    }
    const config = await this.#collectorConfig();
    for (const podName of wanted) {
      if (this.#collectors.has(podName)) continue;
      const options = { podName, config, allocatorUrl: this.proxy.url, dir: mkdtempSync(join(this.#dir, "pod-")) };
      this.#collectors.set(podName, await startRealCollector(options));
    }
  }

  /** Which collectors scraped which endpoint since a moment, and how often. */
  scrapesSince(time: number): ReadonlyMap<string, ReadonlyMap<string, number>> {
    const result = new Map(this.endpoints.map(({ address }) => [address, new Map<string, number>()]));
    for (const collector of this.#collectors.values()) {
      for (const sample of collector.upSamples()) {
        const counts = result.get(sample.instance);
        if (sample.time < time || sample.value !== 1 || counts === undefined) continue;
        counts.set(collector.podName, (counts.get(collector.podName) ?? 0) + 1);
      }
    }
    return result;
  }

  /** What every process said last; for failure messages. */
  logs(): string {
    return [...this.#collectors.values()]
      .map((collector) => `${collector.podName}:\n${collectorLog(collector)}`)
      .join("\n");
  }

  async stopCollectors(): Promise<void> {
    for (const collector of this.#collectors.values()) await collector.stop();
    this.#collectors.clear();
  }

  async stop(): Promise<void> {
    await this.stopCollectors();
    await this.#proxy?.stop();
    await this.#allocator?.child.stop();
    await this.#operator?.child.stop();
    await this.#endpoints.stop();
    await this.#plane.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #expectReadyPods(replicas: number): Promise<void> {
    const text = await this.kubectl(["get", "statefulset", `${NAME}-collector`, "-o", "json"]);
    const { status } = JSON.parse(text) as { status: { replicas?: number; readyReplicas?: number } };
    if (status.readyReplicas !== replicas || status.replicas !== replicas) {
      throw new Error(`${status.readyReplicas ?? 0} of ${replicas} pods are ready`);
    }
  }

  async #collectorConfig(): Promise<string> {
    const text = await this.kubectl(["get", "statefulset", "-o", "json"]);
    const volumes = (JSON.parse(text) as Listed).items[0]?.spec.template.spec.volumes ?? [];
    const name = volumes.find(({ configMap }) => configMap !== undefined)?.configMap?.name ?? "";
    return this.#configMapData(name, "collector.yaml");
  }

  async #configMapData(name: string, key: string): Promise<string> {
    const text = await this.kubectl(["get", "configmap", name, "-o", "json"]);
    return (JSON.parse(text) as { data: Record<string, string> }).data[key] ?? "";
  }

  #collectorResource(replicas: number): unknown {
    const targets = this.endpoints.map(({ address }) => address);
    const seconds = `${SCRAPE_INTERVAL_MS / 1000}s`;
    const job = (name: string, from: number, to: number): unknown => ({
      job_name: name,
      scrape_interval: seconds,
      scrape_timeout: seconds,
      static_configs: [{ targets: targets.slice(from, to), labels: { part: name } }],
    });
    return {
      apiVersion: "opentelemetry.io/v1beta1",
      kind: "OpenTelemetryCollector",
      metadata: { name: NAME, namespace: NAMESPACE },
      spec: {
        mode: "statefulset",
        replicas,
        targetAllocator: { enabled: true, collectorTargetReloadInterval: "2s" },
        config: {
          receivers: {
            prometheus: {
              config: { scrape_configs: [job("left", 0, ENDPOINTS / 2), job("right", ENDPOINTS / 2, ENDPOINTS)] },
              target_allocator: { http_sd_config: { refresh_interval: "2s" } },
            },
          },
          exporters: { file: { path: "/dev/null", flush_interval: "200ms" } },
          service: { pipelines: { metrics: { receivers: ["prometheus"], exporters: ["file"] } } },
        },
      },
    };
  }
}

interface OperatorAddresses {
  readonly kubeconfigPath: string;
  readonly listen: string;
  readonly health: string;
}

const fakeNode = (name: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, annotations: { "kwok.x-k8s.io/node": "fake" }, labels: { "kubernetes.io/hostname": name } },
  });
