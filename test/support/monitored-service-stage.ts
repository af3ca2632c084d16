import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificate, createCertificateAuthority } from "./certificates.ts";
import { runCommand } from "./command-run.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type MetricEndpoint, type MetricEndpoints, startMetricEndpoints } from "./metric-endpoints.ts";
import { installMonitorKinds } from "./monitor-definitions.ts";
import { freeAddress, type Program, startProgram } from "./program.ts";
import { collectorLog, type RealCollector, startRealCollector } from "./real-collector.ts";

const NAMESPACE = "shop";
const COLLECTORS = ["collector-0", "collector-1"];
const ENDPOINTS = 4;

/** An endpoint of a ServiceMonitor, as far as it is not the stage's own matter. */
export interface MonitoredEndpoint {
  readonly path?: string;
  readonly relabelings?: readonly object[];
}

/**
 * A Service with some endpoints on a real control plane, an allocator that reads monitors and serves HTTPS to clients
 * with a certificate, and real collectors that have one. The endpoints ask for no password, but notice which they get.
 */
export class MonitoredServiceStage {
  readonly #dir: string;
  readonly #plane: ControlPlane;
  readonly #served: MetricEndpoints;
  readonly #allocator: Program;
  readonly #collectors: readonly RealCollector[];

  private constructor(parts: StageParts) {
    this.#dir = parts.dir;
    this.#plane = parts.plane;
    this.#served = parts.served;
    this.#allocator = parts.allocator;
    this.#collectors = parts.collectors;
  }

  static async start(): Promise<MonitoredServiceStage> {
    const dir = mkdtempSync(join(tmpdir(), "monitored-service-"));
    const plane = await startControlPlane({});
    const served = await startMetricEndpoints(ENDPOINTS);
    await installMonitorKinds(plane);
    await plane.kubectl(["create", "namespace", NAMESPACE]);
    await plane.kubectl(["apply", "-f", "-"], listOf(serviceObjects()));
    const { allocator, httpsUrl } = await startAllocator(dir, plane.kubeconfigPath);
    const collectors = await Promise.all(
      COLLECTORS.map(async (podName) =>
        startRealCollector({ podName, config: collectorConfig(dir), allocatorUrl: httpsUrl, dir }),
      ),
    );
    return new MonitoredServiceStage({ dir, plane, served, allocator, collectors });
  }

  get endpoints(): readonly MetricEndpoint[] {
    return this.#served.endpoints;
  }

  /** Applies the ServiceMonitor `web`. Addresses in the cluster lead to the endpoints that run here. */
  async applyMonitor({ relabelings = [], ...endpoint }: MonitoredEndpoint): Promise<void> {
    const here = this.endpoints.map(({ address }, index) => ({
      sourceLabels: ["__address__"],
      regex: `${clusterAddress(index)}:80`,
      targetLabel: "__address__",
      replacement: address,
    }));
    const basicAuth = { username: { name: "login", key: "user" }, password: { name: "login", key: "password" } };
    await this.#apply({
      apiVersion: "monitoring.coreos.com/v1",
      kind: "ServiceMonitor",
      metadata: { name: "web", namespace: NAMESPACE },
      spec: {
        selector: {},
        endpoints: [
          {
            port: "http",
            interval: "1s",
            scrapeTimeout: "1s",
            basicAuth,
            relabelings: [...here, ...relabelings],
            ...endpoint,
          },
        ],
      },
    });
  }

  async applyPassword(password: string): Promise<void> {
    const metadata = { name: "login", namespace: NAMESPACE };
    await this.#apply({ apiVersion: "v1", kind: "Secret", metadata, stringData: { user: "alice", password } });
  }

  async deleteMonitor(): Promise<void> {
    await this.#plane.kubectl(["delete", "servicemonitor", "web", "-n", NAMESPACE]);
  }

  /** What `otel-allocator explain monitor` says. */
  async explanation(): Promise<string> {
    return (await runCommand(["explain", "monitor", `${NAMESPACE}/web`, `--from=${this.#allocator.url}`])).out;
  }

  /** The body of `/scrape_configs` over plain HTTP. */
  async plainScrapeConfigs(): Promise<string> {
    return (await fetch(`${this.#allocator.url}/scrape_configs`)).text();
  }

  /** By address, the collectors that scraped it since a moment. */
  scrapersSince(time: number): ReadonlyMap<string, readonly string[]> {
    const scrapers = new Map<string, readonly string[]>();
    for (const { address } of this.endpoints) {
      const names = this.#collectors
        .filter((collector) =>
          collector
            .upSamples()
            .some((sample) => sample.instance === address && sample.time >= time && sample.value === 1),
        )
        .map(({ podName }) => podName);
      scrapers.set(address, names);
    }
    return scrapers;
  }

  /** What every collector said last; for failure messages. */
  logs(): string {
    return this.#collectors.map((collector) => `${collector.podName}:\n${collectorLog(collector)}`).join("\n");
  }

  async stop(): Promise<void> {
    await Promise.all(this.#collectors.map(async (collector) => collector.stop()));
    await this.#allocator.child.stop();
    await this.#served.stop();
    await this.#plane.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #apply(object: object): Promise<void> {
    await this.#plane.kubectl(["apply", "-f", "-"], JSON.stringify(object));
  }
}

interface StageParts {
  readonly dir: string;
  readonly plane: ControlPlane;
  readonly served: MetricEndpoints;
  readonly allocator: Program;
  readonly collectors: readonly RealCollector[];
}

/** An API server takes no endpoints on loopback. */
const clusterAddress = (index: number): string => `10.9.0.${String(index + 1)}`;

const listOf = (items: readonly object[]): string => JSON.stringify({ apiVersion: "v1", kind: "List", items });

function serviceObjects(): readonly object[] {
  const labels = { app: "web", "kubernetes.io/service-name": "web" };
  const ports = [{ name: "http", port: 80, protocol: "TCP" }];
  const endpoints = Array.from({ length: ENDPOINTS }, (_, index) => ({
    addresses: [clusterAddress(index)],
    conditions: { ready: true },
  }));
  const metadata = { name: "web", namespace: NAMESPACE, labels };
  return [
    { apiVersion: "v1", kind: "Service", metadata, spec: { ports } },
    { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata, addressType: "IPv4", endpoints, ports },
  ];
}

async function startAllocator(
  dir: string,
  kubeconfigPath: string,
): Promise<{ readonly allocator: Program; readonly httpsUrl: string }> {
  const [http, https] = [await freeAddress(), await freeAddress()];
  const authority = createCertificateAuthority();
  writeCertificate(dir, "server", authority.issue("IP:127.0.0.1", "serverAuth"));
  writeCertificate(dir, "client", authority.issue("DNS:collector", "clientAuth"));
  writeFileSync(join(dir, "ca.crt"), authority.cert);
  const settings = {
    collector_namespace: NAMESPACE,
    collectors: COLLECTORS.map((name) => ({ name })),
    prometheus_cr: { enabled: true, service_monitor_selector: {} },
    https: {
      enabled: true,
      listen_addr: https,
      ca_file_path: join(dir, "ca.crt"),
      tls_cert_file_path: join(dir, "server.crt"),
      tls_key_file_path: join(dir, "server.key"),
    },
  };
  const configPath = join(dir, "allocator.yaml");
  writeFileSync(configPath, JSON.stringify(settings));
  const allocator = startProgram({
    args: [
      "target-allocator",
      `--config-file=${configPath}`,
      `--listen-addr=${http}`,
      `--kubeconfig-path=${kubeconfigPath}`,
    ],
    dir,
    name: "allocator",
    url: `http://${http}`,
  });
  await allocator.whenReady();
  return { allocator, httpsUrl: `https://${https}` };
}

function writeCertificate(dir: string, name: string, { cert, key }: Certificate): void {
  writeFileSync(join(dir, `${name}.crt`), cert);
  writeFileSync(join(dir, `${name}.key`), key);
}

function collectorConfig(dir: string): string {
  return JSON.stringify({
    receivers: {
      prometheus: {
        config: { scrape_configs: [] },
        target_allocator: {
          endpoint: "",
          collector_id: "${env:POD_NAME}",
          interval: "1s",
          http_sd_config: { refresh_interval: "1s" },
          tls: { ca_file: join(dir, "ca.crt"), cert_file: join(dir, "client.crt"), key_file: join(dir, "client.key") },
        },
      },
    },
    exporters: { file: { path: "/dev/null", flush_interval: "200ms" } },
    service: { pipelines: { metrics: { receivers: ["prometheus"], exporters: ["file"] } } },
  });
}
