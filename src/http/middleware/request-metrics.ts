import type { RequestHandler } from "express";
import type { HistogramSeries, Metrics } from "../../observability/metrics.ts";

/**
 * Times every request, also those that end in 404, into `opentelemetry_allocator_http_duration_seconds` by the template
 * of its route; "" when none matched.
 */
export function requestMetrics(metrics: Metrics): RequestHandler {
  const durations = metrics.histogram({
    name: "opentelemetry_allocator_http_duration_seconds",
    help: "Duration of received HTTP requests.",
    labelNames: ["path"],
  });
  const series = new Map<string, HistogramSeries>();
  return (request, response, next) => {
    const start = performance.now();
    response.once("close", () => {
      const path = templateOf(request.route);
      let observed = series.get(path);
      if (observed === undefined) {
        observed = durations.with({ path });
        series.set(path, observed);
      }
      observed.observe((performance.now() - start) / 1000);
    });
    next();
  };
}

/** Express sets `request.route` to the route that matched, and types it as any. */
function templateOf(route: unknown): string {
  const path = (route as { readonly path?: unknown } | undefined)?.path;
  return typeof path === "string" ? path : "";
}
