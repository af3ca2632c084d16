/**
 * What the HTTP side can bear: requests for one collector's share as fast as connections allow, at a given rate, and a
 * fleet of collectors that polls while targets change. Server and clients are processes of their own on one machine.
 */
import { jobName } from "./engine-data.ts";
import { load, type LoadFigures, type LoadPlan } from "./http-load.ts";
import { type BenchServer, type Served, startServer } from "./http-server.ts";
import { report } from "./report.ts";

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? "10");
const FLEET_SECONDS = Number(process.env["BENCH_FLEET_SECONDS"] ?? "180");
const [JOBS, COLLECTORS, POLL_SECONDS] = [1_000, 100, 30];
/** Each has five targets of a job's hundred: one of a hundred targets changes each second. */
const GROUPS_PER_SECOND = (JOBS * 100) / 100 / 5;
/** Requests per second of the Go allocator for this share at 8 connections, on 2 idle cores. */
const GO_SHARE_RATE = 235;
const SHARE = ["/jobs/web/targets?collector_id=c0"];

type Row = Readonly<Record<string, unknown>>;

async function withServer<T>(served: Served, work: (server: BenchServer) => Promise<T>): Promise<T> {
  const server = await startServer(served);
  try {
    return await work(server);
  } finally {
    server.stop();
  }
}

/** The plan's figures, and how much of one core the server used. */
async function measure(server: BenchServer, plan: Omit<LoadPlan, "port">): Promise<Row> {
  const before = await server.usage();
  const figures = await load({ port: server.port, ...plan });
  const after = await server.usage();
  const cores = (after.cpuSeconds - before.cpuSeconds) / (plan.durationMs / 1_000);
  return {
    ...columns(figures),
    "server cores": rounded(cores),
    // What does not depend on who else is at work on the machine.
    "requests per core second": Math.round(figures.requestsPerSecond / cores),
    "server MiB": Math.round(after.rss / 2 ** 20),
  };
}

function columns({ requestsPerSecond, bytesPerSecond, latency, failed }: LoadFigures): Row {
  return {
    "requests/s": Math.round(requestsPerSecond),
    "MB/s": Math.round(bytesPerSecond / 1e6),
    "median ms": rounded(latency.median),
    "p99 ms": rounded(latency.p99),
    "max ms": rounded(latency.max),
    failed,
  };
}

const rounded = (value: number): number => Number(value.toPrecision(2));

async function measureShares(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const bytes of [100_000, 276_000]) {
    await withServer({ what: "share", bytes }, async (server) => {
      await load({ port: server.port, paths: SHARE, connections: 8, durationMs: 2_000 });
      for (const connections of [8, 100]) {
        const row = await measure(server, { paths: SHARE, connections, durationMs: SECONDS * 1_000 });
        const ofGo = bytes === 276_000 && connections === 8 ? Number(row["requests/s"]) / GO_SHARE_RATE : undefined;
        rows.push({
          work: `${String(bytes / 1_000)} KB share`,
          connections,
          ...row,
          "times Go": ofGo?.toFixed(1) ?? "",
        });
      }
      const paced = { paths: SHARE, connections: 100, durationMs: SECONDS * 1_000, perSecond: 4_000 };
      rows.push({
        work: `${String(bytes / 1_000)} KB share, 4,000/s`,
        connections: 100,
        ...(await measure(server, paced)),
      });
    });
  }
  const livez = async (server: BenchServer): Promise<Row> =>
    measure(server, { paths: ["/livez"], connections: 8, durationMs: SECONDS * 1_000 });
  rows.push({ work: "/livez", connections: 8, ...(await withServer({ what: "share", bytes: 1_000 }, livez)) });
  return rows;
}

async function measureFleet(): Promise<Row> {
  const served: Served = { what: "fleet", jobs: JOBS, collectors: COLLECTORS, groupsPerSecond: GROUPS_PER_SECOND };
  const paths = Array.from({ length: JOBS * COLLECTORS }, (_, i) => {
    // Every collector asks for all of its jobs one after the other, and all collectors do so at once.
    const [collector, job] = [i % COLLECTORS, Math.floor(i / COLLECTORS)];
    return `/jobs/${encodeURIComponent(jobName(job))}/targets?collector_id=main-collector-${String(collector)}`;
  });
  const perSecond = (JOBS * COLLECTORS) / POLL_SECONDS;
  const plan = { paths, connections: COLLECTORS, durationMs: FLEET_SECONDS * 1_000, perSecond };
  const row = await withServer(served, async (server) => measure(server, plan));
  return {
    jobs: JOBS,
    collectors: COLLECTORS,
    "targets changing/s": GROUPS_PER_SECOND * 5,
    seconds: FLEET_SECONDS,
    ...row,
  };
}

report("http-share", await measureShares());
report("http-fleet", [await measureFleet()]);
