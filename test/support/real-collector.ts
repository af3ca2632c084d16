import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ensurePart } from "../../tools/real-parts/build.ts";
import { type Child, startChild, tailOf } from "../../tools/real-parts/child.ts";

export interface RealCollectorOptions {
  /** POD_NAME: what the collector says as collector_id. */
  readonly podName: string;
  /** The text of collector.yaml, as the operator generated it. */
  readonly config: string;
  /** Where the name of the allocator's Service would lead to. @default the name is asked for, as it stands */
  readonly allocatorUrl?: string;
  /** What else is put on top, such as `receivers::prometheus::config::global::scrape_interval: 1s`. @default nothing */
  readonly settings?: readonly string[];
  readonly dir: string;
}

/** One sample of `up` that a collector wrote. */
export interface UpSample {
  readonly instance: string;
  readonly job: string;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** A real OpenTelemetry Collector, run as its pod would be. */
export interface RealCollector {
  readonly podName: string;
  readonly child: Child;
  /** Every `up` sample written so far, oldest first. */
  upSamples(): readonly UpSample[];
  stop(): Promise<void>;
}

/**
 * Starts a collector with the generated configuration. Only what the cluster would do is put on top, by the
 * collector's own merging of configurations: the Service name resolves to the local allocator, and the metrics that
 * it scraped go to a file (the configuration must have an exporter called `file`).
 */
export async function startRealCollector(options: RealCollectorOptions): Promise<RealCollector> {
  const binary = await ensurePart("otelcol", () => undefined);
  const { podName, dir, settings = [] } = options;
  const configPath = join(dir, `${podName}.yaml`);
  const outputPath = join(dir, `${podName}.jsonl`);
  writeFileSync(configPath, options.config);
  const child = startChild({
    command: binary,
    args: [
      `--config=${configPath}`,
      ...endpointsIn(options),
      ...settings.map((setting) => `--config=yaml:${setting}`),
      `--config=yaml:exporters::file::path: ${outputPath}`,
      // All pods of one machine would share port 8888.
      "--config=yaml:service::telemetry::metrics::level: none",
    ],
    env: { POD_NAME: podName, SHARD: "0" },
    logPath: join(dir, `${podName}.log`),
    cwd: dir,
  });
  return {
    podName,
    child,
    upSamples: () => readUpSamples(outputPath),
    stop: () => child.stop("SIGTERM"),
  };
}

/** Each receiver keeps the path that it has below the allocator's address. */
function endpointsIn({ config, allocatorUrl }: RealCollectorOptions): readonly string[] {
  if (allocatorUrl === undefined) return [];
  const { receivers = {} } = parse(config) as { receivers?: Readonly<Record<string, Receiver | null>> };
  return Object.entries(receivers).flatMap(([id, receiver]) => {
    const { endpoint } = receiver?.target_allocator ?? {};
    if (endpoint === undefined) return [];
    const path = /\/receivers\/.*$/.exec(endpoint)?.[0] ?? "";
    return [`--config=yaml:receivers::${id}::target_allocator::endpoint: ${allocatorUrl}${path}`];
  });
}

interface Receiver {
  readonly target_allocator?: { readonly endpoint?: string };
}

/** What a collector's log says at its end; for failure messages. */
export const collectorLog = (collector: RealCollector): string => tailOf(collector.child.logPath, 20);

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}
interface OtlpLine {
  readonly resourceMetrics?: readonly {
    readonly resource?: { readonly attributes?: readonly Attribute[] };
    readonly scopeMetrics?: readonly {
      readonly metrics?: readonly {
        readonly name: string;
        readonly gauge?: {
          readonly dataPoints?: readonly { readonly timeUnixNano: string; readonly asDouble?: number }[];
        };
      }[];
    }[];
  }[];
}

function readUpSamples(path: string): readonly UpSample[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  // The last line may still be being written.
  return lines.slice(0, -1).flatMap((line) => upSamplesOf(JSON.parse(line) as OtlpLine));
}

function upSamplesOf(line: OtlpLine): readonly UpSample[] {
  return (line.resourceMetrics ?? []).flatMap(({ resource, scopeMetrics }) => {
    const attribute = (key: string): string =>
      resource?.attributes?.find((candidate) => candidate.key === key)?.value.stringValue ?? "";
    return (scopeMetrics ?? [])
      .flatMap(({ metrics }) => metrics ?? [])
      .filter(({ name }) => name === "up")
      .flatMap(({ gauge }) => gauge?.dataPoints ?? [])
      .map((point) => ({
        instance: attribute("service.instance.id"),
        job: attribute("service.name"),
        value: point.asDouble ?? 0,
        time: Number(BigInt(point.timeUnixNano) / 1_000_000n),
      }));
  });
}
