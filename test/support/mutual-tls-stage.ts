import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "../../src/api/meta.ts";
import type { KeyPair } from "../../src/certificates/key-pair.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { eventually } from "./eventually.ts";
import { type MetricEndpoint, type MetricEndpoints, startMetricEndpoints } from "./metric-endpoints.ts";
import { MountedFiles } from "./mounted-files.ts";
import { OperatorStage, type OperatorProgram } from "./operator-stage.ts";
import { freeAddress, type Program } from "./program.ts";
import { collectorLog, type RealCollector, startRealCollector } from "./real-collector.ts";
import { startTunnel, type Tunnel } from "./tunnel.ts";

const OPERATOR_NAMESPACE = "opentelemetry-operator-system";
const OPERATOR_ACCOUNT = "opentelemetry-operator-controller-manager";
const NAME = "main";
const POD = `${NAME}-collector-0`;
const ENDPOINTS = 6;
/** One scrape a second would leave no room between "late" and "missing" on a busy machine. */
const SCRAPE_INTERVAL_MS = 2_000;
const SECONDS = `${String(SCRAPE_INTERVAL_MS / 1_000)}s`;
/** What kubelets put into containers. */
const MOUNT = "/tls";

/** Who of the two shows a certificate. */
export type Side = "allocator" | "collector";

/** A Secret, whose texts are in Base64, or a ConfigMap. */
interface DataObject extends KubeObject {
  readonly data: Readonly<Record<string, string>>;
}
interface Workload extends KubeObject {
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containers: readonly {
          readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
        }[];
        readonly volumes: readonly Volume[];
      };
    };
  };
}
interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string };
}

/**
 * A collector with mutual TLS and no cert-manager: the operator under its own role on a real control plane, and the
 * allocator and the collector as processes with the files that their pods would have, moved to where they run. All that
 * the allocator is asked goes through a tunnel, in which TLS 1.2 lets one see the certificates that are shown.
 */
export class MutualTlsStage {
  readonly #dir = mkdtempSync(join(tmpdir(), "mutual-tls-"));
  readonly #mounts: Readonly<Record<Side, MountedFiles>>;
  readonly #cluster: OperatorStage;
  readonly #served: MetricEndpoints;
  readonly #token: string;
  #operator: OperatorProgram | undefined;
  #allocator: Program | undefined;
  #collector: RealCollector | undefined;
  #tunnel: Tunnel | undefined;

  private constructor(cluster: OperatorStage, served: MetricEndpoints, token: string) {
    this.#mounts = { allocator: new MountedFiles(this.#dir), collector: new MountedFiles(this.#dir) };
    this.#cluster = cluster;
    this.#served = served;
    this.#token = token;
  }

  /** Starts all but the allocator and the collector; there is a collector resource whose targets ask for `password`. */
  static async start(password: string): Promise<MutualTlsStage> {
    const cluster = await OperatorStage.start();
    const { plane } = cluster;
    const served = await startMetricEndpoints(ENDPOINTS);
    await plane.kubectl(["apply", "-k", join(ROOT, "config", "rbac")]);
    await plane.kubectl(["apply", "-k", join(ROOT, "config", "rbac-optional", "certificates")]);
    const create = ["create", "token", OPERATOR_ACCOUNT, "-n", OPERATOR_NAMESPACE, "--duration=2h"];
    const stage = new MutualTlsStage(cluster, served, (await plane.kubectl(create)).trim());
    await stage.startOperator();
    const addresses = served.endpoints.map(({ address }) => address);
    await cluster.apply(JSON.stringify(collectorResource(addresses, password)));
    return stage;
  }

  get endpoints(): readonly MetricEndpoint[] {
    return this.#served.endpoints;
  }
  get tunnel(): Tunnel {
    if (this.#tunnel === undefined) throw new Error("the collector is not running yet");
    return this.#tunnel;
  }
  /** Of the allocator's plain HTTP. */
  get plainUrl(): string {
    if (this.#allocator === undefined) throw new Error("the allocator is not running yet");
    return this.#allocator.url;
  }

  /** Starts the operator, or another one in its place, as an upgrade does. */
  async startOperator(): Promise<void> {
    await this.#operator?.child.stop();
    const kubeconfig = `--kubeconfig=${this.#cluster.plane.kubeconfigWithToken(this.#token)}`;
    this.#operator = await this.#cluster.startOperator("operator", [kubeconfig]);
    await this.#operator.ready();
  }

  /** What the Secret of a side holds; throws while there is none. */
  async secretOf(side: Side): Promise<Readonly<Record<string, string>>> {
    const { data } = await this.#cluster.get<DataObject>("secret", await this.#secretName(side));
    return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, fromBase64(text)]));
  }

  /** The authority that issues, with its key. */
  async authority(): Promise<KeyPair> {
    const { data } = await this.#cluster.get<DataObject>("secret", `${NAME}-ca-cert`);
    return { certificate: fromBase64(data["tls.crt"]), key: fromBase64(data["tls.key"]) };
  }

  /** Puts another certificate into the Secret of a side. */
  async replaceLeaf(side: Side, { certificate, key }: KeyPair): Promise<void> {
    const data = { "tls.crt": toBase64(certificate), "tls.key": toBase64(key) };
    const patch = ["--type=merge", `--patch=${JSON.stringify({ data })}`];
    await this.#cluster.kubectl(["patch", "secret", await this.#secretName(side), ...patch]);
  }

  async deleteSecret(side: Side): Promise<void> {
    await this.#cluster.kubectl(["delete", "secret", await this.#secretName(side)]);
  }

  /** What the kubelet does a minute after a Secret has changed. */
  async mount(side: Side): Promise<void> {
    this.#mounts[side].replace(await this.secretOf(side));
  }

  /** Starts allocator and collector with what the operator has generated, once all of that is there. */
  async startPods(): Promise<void> {
    for (const side of ["allocator", "collector"] as const) await eventually(async () => this.mount(side));
    await this.#createPod();
    const https = await this.#startAllocator();
    this.#tunnel = await startTunnel(https);
    const config = await this.#fileOf("collector", "collector.yaml");
    this.#collector = await startRealCollector({
      podName: POD,
      config,
      dir: this.#dir,
      settings: [
        `receivers::prometheus::target_allocator::proxy_url: ${this.#tunnel.url}`,
        // Five minutes are too long for a test.
        "receivers::prometheus::target_allocator::tls::reload_interval: 1s",
      ],
    });
  }

  /** The longest pause between two scrapes of one endpoint since a moment, in scrape intervals. */
  longestGapSince(time: number): number {
    const gaps = this.endpoints.flatMap(({ scrapes }) => {
      const times = [time, ...scrapes.filter((scrape) => scrape >= time), Date.now()];
      return times.slice(1).map((current, index) => current - (times[index] ?? current));
    });
    return Math.max(...gaps) / SCRAPE_INTERVAL_MS;
  }

  /** What the collector said last; for failure messages. */
  logs(): string {
    return this.#collector === undefined ? "" : collectorLog(this.#collector);
  }

  async stop(): Promise<void> {
    await this.#collector?.stop();
    await this.#tunnel?.stop();
    await this.#cluster.stop();
    await this.#served.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** @returns The address of its HTTPS server. */
  async #startAllocator(): Promise<string> {
    const [http, https] = [await freeAddress(), await freeAddress()];
    const config = join(this.#dir, "targetallocator.yaml");
    writeFileSync(config, await this.#fileOf("allocator", "targetallocator.yaml"));
    this.#allocator = this.#cluster.startProgram(
      "target-allocator",
      [
        "target-allocator",
        `--config-file=${config}`,
        `--kubeconfig-path=${this.#cluster.plane.kubeconfigPath}`,
        `--listen-addr=${http}`,
        `--listen-addr-https=${https}`,
      ],
      `http://${http}`,
      { OTELCOL_NAMESPACE: "shop", NODE_OPTIONS: "--tls-max-v1.2" },
    );
    await this.#allocator.whenReady();
    return https;
  }

  /** A generated file, with the directory of certificates where it is here. */
  async #fileOf(side: Side, name: string): Promise<string> {
    const { volumes } = (await this.#workload(side)).spec.template.spec;
    const configMap = volumes.find((volume) => volume.configMap !== undefined)?.configMap?.name ?? "";
    const { data } = await this.#cluster.get<DataObject>("configmap", configMap);
    return (data[name] ?? "").replaceAll(`${MOUNT}/`, `${this.#mounts[side].dir}/`);
  }

  async #secretName(side: Side): Promise<string> {
    const { volumes, containers } = (await this.#workload(side)).spec.template.spec;
    const mounted = containers[0]?.volumeMounts.find(({ mountPath }) => mountPath === MOUNT)?.name;
    const name = volumes.find((volume) => volume.name === mounted)?.secret?.secretName;
    if (name === undefined) throw new Error(`the ${side} has no Secret at ${MOUNT}`);
    return name;
  }

  async #workload(side: Side): Promise<Workload> {
    return side === "allocator"
      ? this.#cluster.get<Workload>("deployment", `${NAME}-targetallocator`)
      : this.#cluster.get<Workload>("statefulset", `${NAME}-collector`);
  }

  /** Nobody makes pods of workloads here. */
  async #createPod(): Promise<void> {
    const { labels } = (await this.#workload("collector")).spec.template.metadata;
    const spec = { nodeName: "node-0", containers: [{ name: "otc-container", image: "example.com/collector" }] };
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: POD, namespace: "shop", labels }, spec };
    await this.#cluster.apply(JSON.stringify(pod));
    const status = { phase: "Running", podIP: "10.9.0.1", conditions: [{ type: "Ready", status: "True" }] };
    const patch = ["--subresource=status", "--type=merge", `--patch=${JSON.stringify({ status })}`];
    await this.#cluster.kubectl(["patch", "pod", POD, ...patch]);
  }
}

const toBase64 = (text: string): string => Buffer.from(text).toString("base64");
const fromBase64 = (text = ""): string => Buffer.from(text, "base64").toString();

function collectorResource(targets: readonly string[], password: string): object {
  const job = {
    job_name: "web",
    scrape_interval: SECONDS,
    scrape_timeout: SECONDS,
    basic_auth: { username: "alice", password },
    static_configs: [{ targets }],
  };
  return {
    apiVersion: "opentelemetry.io/v1beta1",
    kind: "OpenTelemetryCollector",
    metadata: { name: NAME, namespace: "shop" },
    spec: {
      mode: "statefulset",
      targetAllocator: {
        enabled: true,
        collectorTargetReloadInterval: "1s",
        mtls: { enabled: true, useCertManager: false },
      },
      config: {
        receivers: {
          prometheus: {
            config: { scrape_configs: [job] },
            target_allocator: { http_sd_config: { refresh_interval: "1s" } },
          },
        },
        exporters: { file: { path: "/dev/null", flush_interval: "200ms" } },
        service: { pipelines: { metrics: { receivers: ["prometheus"], exporters: ["file"] } } },
      },
    },
  };
}
