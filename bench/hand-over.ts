/**
 * How long nobody writes when the operator's leader is stopped in good order: from the signal to it until another replica
 * leads, on a real API server. Of it, the time since the Lease was released is what the watch on it takes.
 */
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { OperatorStage, type OperatorProgram } from "../test/support/operator-stage.ts";
import { distributionOf, report } from "./report.ts";

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? "5");
const POLL_EVERY_MS = 10;
const FLAGS = ["--enable-leader-election", "--leader-election-namespace=shop", "--zap-time-encoding=millis"].concat(
  "--enable-webhooks=false",
);

async function leads(program: OperatorProgram): Promise<boolean> {
  return /^leader_election_master_status\{.*\} 1$/m.test(await (await fetch(`${program.url}/metrics`)).text());
}

async function whenLeading(program: OperatorProgram): Promise<void> {
  while (!(await leads(program))) await delay(POLL_EVERY_MS);
}

/** When a message was logged last, in milliseconds since 1970. */
function loggedAt(program: OperatorProgram, message: string): number {
  const lines = readFileSync(program.child.logPath, "utf8").split("\n");
  const line = lines.findLast((each) => each.includes(`"msg":"${message}"`)) ?? '{"ts":null}';
  return (JSON.parse(line) as { readonly ts: number }).ts;
}

// What waits for programs that it started does not keep a process running by itself.
const running = setInterval(() => undefined, 60_000);
const stage = await OperatorStage.start();
try {
  const fromSignal: number[] = [];
  const fromRelease: number[] = [];
  let leader = await stage.startOperator("operator-0", FLAGS);
  await leader.ready();
  await whenLeading(leader);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const standby = await stage.startOperator(`operator-${round}`, FLAGS);
    await standby.ready();
    const signalled = performance.now();
    const stopped = leader.child.stop();
    await whenLeading(standby);
    fromSignal.push(Math.round(performance.now() - signalled));
    await stopped;
    fromRelease.push(loggedAt(standby, "leading") - loggedAt(leader, "lease released"));
    leader = standby;
  }
  report("hand-over", [
    { what: "from the signal, ms", ...distributionOf(fromSignal) },
    { what: "from the release, ms", ...distributionOf(fromRelease) },
  ]);
} finally {
  clearInterval(running);
  await stage.stop();
}
