import { request } from "node:https";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { collectorText } from "../support/bad-input.ts";
import { START_TIMEOUT_MS } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { OperatorStage } from "../support/operator-stage.ts";
import { freeAddress } from "../support/program.ts";

/** https://book.kubebuilder.io/reference/metrics-reference, with what client-go counts. */
const SERIES = [
  'controller_runtime_reconcile_total{controller="opentelemetrycollector",result="success"}',
  'controller_runtime_reconcile_total{controller="opentelemetrycollector",result="error"}',
  'controller_runtime_reconcile_total{controller="opentelemetrycollector",result="requeue_after"}',
  'controller_runtime_reconcile_errors_total{controller="opentelemetrycollector"}',
  'controller_runtime_terminal_reconcile_errors_total{controller="opentelemetrycollector"}',
  'controller_runtime_reconcile_time_seconds_bucket{le="+Inf",controller="opentelemetrycollector"}',
  'controller_runtime_reconcile_time_seconds_sum{controller="opentelemetrycollector"}',
  'controller_runtime_reconcile_time_seconds_count{controller="opentelemetrycollector"}',
  'controller_runtime_active_workers{controller="opentelemetrycollector"}',
  'controller_runtime_max_concurrent_reconciles{controller="opentelemetrycollector"}',
  'workqueue_adds_total{name="opentelemetrycollector",controller="opentelemetrycollector"}',
  'workqueue_retries_total{name="opentelemetrycollector",controller="opentelemetrycollector"}',
  'workqueue_queue_duration_seconds_count{name="opentelemetrycollector",controller="opentelemetrycollector"}',
  'workqueue_work_duration_seconds_count{name="opentelemetrycollector",controller="opentelemetrycollector"}',
  'workqueue_depth{name="allocation",controller="allocation"}',
  'workqueue_unfinished_work_seconds{name="allocation",controller="allocation"}',
  'workqueue_longest_running_processor_seconds{name="allocation",controller="allocation"}',
  'rest_client_requests_total{code="200",method="GET",host="127.0.0.1:',
  'leader_election_master_status{name="9f7554c3.opentelemetry.io"}',
  'opentelemetry_collector_info{collector_name="main",namespace="shop",type="statefulset"}',
  'opentelemetry_collector_receivers{collector_name="main",namespace="shop",type="prometheus"}',
  "process_cpu_seconds_total",
  "process_resident_memory_bytes",
] as const;

jest.setTimeout(START_TIMEOUT_MS);

let stage: OperatorStage;
let address: string;
let url: string;

/** A cluster with an operator that serves its metrics as it is installed, and two accounts of which one may read them. */
beforeAll(async () => {
  stage = await OperatorStage.start();
  for (const account of ["reader", "stranger"]) await stage.kubectl(["create", "serviceaccount", account]);
  const role = ["create", "clusterrole", "metrics-reader", "--verb=get", "--non-resource-url=/metrics"];
  await stage.plane.kubectl(role);
  const binding = ["create", "clusterrolebinding", "reader", "--clusterrole=metrics-reader"];
  await stage.plane.kubectl([...binding, "--serviceaccount=shop:reader"]);
  await stage.apply(collectorText());
  address = await freeAddress();
  const leading = ["--enable-leader-election", "--leader-election-namespace=shop"];
  const flags = [`--metrics-addr=${address}`, "--enable-cr-metrics", "--enable-webhooks=false"];
  const operator = await stage.startOperator("operator", [...leading, ...flags]);
  url = operator.url;
  await operator.ready();
}, START_TIMEOUT_MS);

afterAll(async () => stage.stop(), START_TIMEOUT_MS);

async function metricsFor(account?: string): Promise<{ readonly status: number | undefined; readonly body: string }> {
  const token = account === undefined ? undefined : (await stage.kubectl(["create", "token", account])).trim();
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    request(`https://${address}/metrics`, { rejectUnauthorized: false, headers }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    })
      .on("error", reject)
      .end();
  });
}

describe("metrics of an operator", () => {
  it("are for accounts that may get the path /metrics, and not on the open port", async () => {
    expect((await metricsFor("reader")).status).toBe(200);
    expect(await metricsFor("stranger")).toEqual({
      status: 403,
      body: expect.stringContaining("system:serviceaccount:shop:stranger may not read metrics"),
    });
    expect((await metricsFor()).status).toBe(401);
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
  });

  it("have the names of controller-runtime and of the Go operator", async () => {
    await eventually(async () => {
      const { body } = await metricsFor("reader");
      const shown = body.split("\n").filter((line) => !line.startsWith("#"));
      expect(SERIES.filter((series) => !shown.some((line) => line.startsWith(series)))).toEqual([]);
    });
  });
});
