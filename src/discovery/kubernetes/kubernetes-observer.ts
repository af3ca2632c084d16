import type { Counter, CounterSeries, Metrics } from "../../observability/metrics.ts";
import { KUBERNETES_ROLES, type KubernetesRole } from "./settings.ts";

/** What happened to an object; Prometheus' words. */
const EVENTS = { added: "add", updated: "update", deleted: "delete" } as const;

/** Told what kubernetes discoverers are told. */
export interface KubernetesObserver {
  /** @param role - The role whose objects these are, also where another one reads them. */
  changed(role: KubernetesRole, type: keyof typeof EVENTS): void;
  /** A list or watch has begun to fail. */
  failed(): void;
}

/** Counts what kubernetes discoverers are told, under Prometheus' names. */
export function createKubernetesObserver(metrics: Metrics): KubernetesObserver {
  const events: Counter<"role" | "event"> = metrics.counter({
    name: "prometheus_sd_kubernetes_events_total",
    help: "Changes of objects that kubernetes_sd_configs were told of.",
    labelNames: ["role", "event"],
  });
  const failures = metrics.counter({
    name: "prometheus_sd_kubernetes_failures_total",
    help: "Times that a list or watch of kubernetes_sd_configs began to fail.",
  });
  const series = new Map<string, CounterSeries>();
  for (const role of KUBERNETES_ROLES) {
    for (const [type, event] of Object.entries(EVENTS)) series.set(`${role} ${type}`, events.with({ role, event }));
  }
  const failed = failures.with({});
  return {
    changed: (role, type) => series.get(`${role} ${type}`)?.inc(),
    failed: () => failed.inc(),
  };
}
