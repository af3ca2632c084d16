import { isFreeForm, settingsOf } from "../../../api/opentelemetry/components.ts";
import { DEFAULT_METRICS_PORT } from "../../../api/opentelemetry/default.ts";
import type { CollectorConfig } from "../../../api/opentelemetry/v1beta1.ts";

/** The port on which the collector shows its own metrics; undefined when it stands in a variable or is no port. */
export function findMetricsPort({ service }: CollectorConfig): number | undefined {
  const { address, readers } = settingsOf(settingsOf(service.telemetry)["metrics"]);
  const given: readonly unknown[] = Array.isArray(readers) ? readers : [];
  if (typeof address === "string" && address !== "" && given.length === 0) return portOfAddress(address);
  const pulled = given.map(prometheusOf).find((prometheus) => prometheus !== undefined);
  const port = pulled?.["port"] ?? 0;
  if (port === 0) return DEFAULT_METRICS_PORT;
  return Number.isInteger(port) && Number(port) > 0 && Number(port) <= 65535 ? Number(port) : undefined;
}

function prometheusOf(reader: unknown): Readonly<Record<string, unknown>> | undefined {
  const exporter = settingsOf(settingsOf(settingsOf(reader)["pull"])["exporter"]);
  return isFreeForm(exporter["prometheus"]) ? exporter["prometheus"] : undefined;
}

function portOfAddress(address: string): number | undefined {
  if (/:\$\{.*\}$/.test(address)) return undefined;
  return Number(/:(\d+)$/.exec(address)?.[1] ?? DEFAULT_METRICS_PORT);
}
