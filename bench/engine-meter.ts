import { PerformanceObserver } from "node:perf_hooks";

/** What some work took, in milliseconds. */
export interface Cost {
  readonly wallMs: number;
  /** Processor time of the thread that did it. On a busy machine this says more than the time on the clock. */
  readonly cpuMs: number;
  /** Processor time of the whole process: garbage collection and compilation beside the thread included. */
  readonly processCpuMs: number;
}

/** Longest stretches of time in which nobody else was served, in milliseconds. */
export interface Blocks {
  /** Of the event loop: from one turn to the next, on the clock. */
  readonly longestTurnMs: number;
  /** The same in processor time of the thread. */
  readonly longestTurnCpuMs: number;
  /** The longest pause for garbage collection, which is part of some turn. */
  readonly longestGcMs: number;
}

/** What some work takes. */
export async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const [started, thread, all] = [performance.now(), process.threadCpuUsage(), process.cpuUsage()];
  await work();
  const wallMs = performance.now() - started;
  return { wallMs, cpuMs: sumMs(process.threadCpuUsage(thread)), processCpuMs: sumMs(process.cpuUsage(all)) };
}

const sumMs = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1_000;

/** Watches the event loop while some work runs: in every turn it looks how long the turn has taken. */
export async function blocksDuring(work: () => Promise<unknown>): Promise<Blocks> {
  let [longestTurnMs, longestTurnCpuMs, longestGcMs] = [0, 0, 0];
  const pauses = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestGcMs = Math.max(longestGcMs, duration);
  });
  pauses.observe({ entryTypes: ["gc"] });
  let [turn, cpu] = [performance.now(), process.threadCpuUsage()];
  let watching = true;
  const look = (): void => {
    const now = performance.now();
    longestTurnMs = Math.max(longestTurnMs, now - turn);
    longestTurnCpuMs = Math.max(longestTurnCpuMs, sumMs(process.threadCpuUsage(cpu)));
    [turn, cpu] = [now, process.threadCpuUsage()];
    if (watching) setImmediate(look);
  };
  setImmediate(look);
  try {
    await work();
  } finally {
    look();
    watching = false;
    // Observers are told of what they observe in a later turn.
    await new Promise((resolve) => setTimeout(resolve, 20));
    pauses.disconnect();
  }
  return { longestTurnMs, longestTurnCpuMs, longestGcMs };
}
