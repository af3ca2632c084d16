import type { FileSection } from "./target-allocator-file-section.ts";

/** Where the process sends its own metrics, besides serving them. */
export interface TelemetryReader {
  /** Absent: the exporter's own default. */
  readonly intervalMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly protocol: "grpc" | "http";
  /** May hold `${env:NAME}`. */
  readonly endpoint: string;
  /** Values may hold `${env:NAME}`. */
  readonly headers: readonly TelemetryHeader[];
  readonly temporality: string;
  /** Plain text instead of TLS; gRPC only. */
  readonly insecure: boolean;
}

export interface TelemetryHeader {
  readonly name: string;
  readonly value: string;
}

const TEMPORALITIES: ReadonlySet<string> = new Set(["", "cumulative", "delta", "low_memory"]);

/** The readers of `telemetry.metrics` that export something; those without `periodic` do nothing here. */
export function readTelemetry(telemetry: FileSection): readonly TelemetryReader[] {
  return telemetry
    .section("metrics")
    .sections("readers")
    .filter((reader) => reader.has("periodic"))
    .flatMap((reader) => readPeriodic(reader.section("periodic")));
}

function readPeriodic(periodic: FileSection): readonly TelemetryReader[] {
  const exporter = periodic.section("exporter");
  const [grpc, http] = [exporter.has("otlp_grpc"), exporter.has("otlp_http")];
  if (grpc === http) {
    const problem = grpc ? "otlp_grpc and otlp_http exclude each other" : "must have otlp_grpc or otlp_http";
    exporter.report("", problem);
    return [];
  }
  const otlp = exporter.section(grpc ? "otlp_grpc" : "otlp_http");
  const endpoint = otlp.text("endpoint", "");
  if (endpoint === "") otlp.report("endpoint", "is missing");
  const temporality = otlp.text("temporality_preference", "");
  if (!TEMPORALITIES.has(temporality)) {
    otlp.report("temporality_preference", `${JSON.stringify(temporality)} is none of cumulative, delta, low_memory`);
  }
  return [
    {
      intervalMs: periodic.milliseconds("interval"),
      timeoutMs: periodic.milliseconds("timeout"),
      protocol: grpc ? "grpc" : "http",
      endpoint,
      headers: readHeaders(otlp),
      temporality,
      insecure: grpc && otlp.section("tls").flag("insecure"),
    },
  ];
}

function readHeaders(otlp: FileSection): readonly TelemetryHeader[] {
  return otlp
    .sections("headers")
    .filter((header) => header.has("value"))
    .map((header) => ({ name: header.text("name", ""), value: header.text("value", "") }));
}
