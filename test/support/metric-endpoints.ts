import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One real endpoint with metrics, and when it was scraped. */
export interface MetricEndpoint {
  /** `127.0.0.1:PORT`: what stands in static_configs. */
  readonly address: string;
  /** Milliseconds since the epoch of every scrape so far. */
  readonly scrapes: readonly number[];
  /** What the last scrape asked for, and as whom. */
  readonly last: LastScrape;
}

export interface LastScrape {
  readonly path: string;
  /** Of basic authentication: `user:password`; "" without. */
  readonly credentials: string;
}

export interface MetricEndpoints {
  readonly endpoints: readonly MetricEndpoint[];
  stop(): Promise<void>;
}

/** Starts real HTTP servers on loopback that answer scrapes in the Prometheus text format. */
export async function startMetricEndpoints(count: number): Promise<MetricEndpoints> {
  const started = await Promise.all(Array.from({ length: count }, (_, index) => startOne(index)));
  return {
    endpoints: started.map(({ endpoint }) => endpoint),
    async stop(): Promise<void> {
      await Promise.all(
        started.map(async ({ server }) => {
          server.closeAllConnections();
          await new Promise((resolve) => server.close(resolve));
        }),
      );
    },
  };
}

async function startOne(index: number): Promise<{ readonly endpoint: MetricEndpoint; readonly server: Server }> {
  const scrapes: number[] = [];
  let last: LastScrape = { path: "", credentials: "" };
  const server = createServer(({ url = "", headers: { authorization = "" } }, response) => {
    scrapes.push(Date.now());
    last = { path: url, credentials: Buffer.from(authorization.replace("Basic ", ""), "base64").toString() };
    response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
    response.end(
      `# HELP endpoint_scrapes_total Scrapes of this endpoint.\n# TYPE endpoint_scrapes_total counter\n` +
        `endpoint_scrapes_total{endpoint="${index}"} ${scrapes.length}\n`,
    );
  });
  // Collectors keep connections open between scrapes; the default of 5 s would cut them at long intervals.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint: MetricEndpoint = {
    address: `127.0.0.1:${port}`,
    scrapes,
    get last() {
      return last;
    },
  };
  return { endpoint, server };
}
