import type { RequestObservation } from "../kube/client-node/api-transport.ts";
import type { Metrics } from "../observability/metrics.ts";

/** Counts requests to the API server at a URL, under client-go's name for them. */
export function requestCounter(metrics: Metrics): (observation: RequestObservation, server: string) => void {
  const total = metrics.counter({
    name: "rest_client_requests_total",
    help: "Requests to the API server by method, host and status code; <error> where no answer came",
    labelNames: ["code", "method", "host"],
  });
  return ({ method, status }, server) =>
    total.with({ code: status === 0 ? "<error>" : String(status), method, host: new URL(server).host }).inc();
}
