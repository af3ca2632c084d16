/**
 * The engine at several sizes, each measurement in a process of its own:
 *
 * a. a first pass over everything, without rules and with one, by each strategy;
 * b. one group changed, one collector added, one removed;
 * c. memory, in bytes per target;
 * d. what a client of a whole target allocator notices of these passes.
 */
import { execFileSync } from "node:child_process";
import { STRATEGY_NAMES } from "../src/allocator/index.ts";
import type { Cost } from "./engine-meter.ts";
import { type EngineCase, type EngineFigures, measureEngine } from "./engine-passes.ts";
import { measureServing, type ServingFigures } from "./engine-serving.ts";
import { report } from "./report.ts";

const SIZES = (process.env["BENCH_SIZES"] ?? "1000,10000,100000,800000").split(",").map(Number);
const STRATEGIES = process.env["BENCH_STRATEGIES"]?.split(",") ?? STRATEGY_NAMES;
const MIB = 2 ** 20;
/** As bin/otel-allocator starts the program. */
const FLAGS = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=4"];

/** The fastest full pass of the Go allocator over targets of this shape, on two idle cores, of which it used both. */
const GO_MS: Readonly<Record<string, number>> = {
  "100000": 600,
  "100000 rule": 1_500,
  "800000": 8_300,
  "800000 rule": 12_000,
};

type Row = Readonly<Record<string, unknown>>;

interface Measured extends EngineCase {
  readonly figures: EngineFigures;
}

/** Runs a part of this program in a process of its own and returns what it measures. */
function inOwnProcess(...args: readonly string[]): unknown {
  const command = [...FLAGS, "--expose-gc", import.meta.filename, ...args];
  const output = execFileSync(process.execPath, command, { encoding: "utf8", maxBuffer: MIB });
  const [last = ""] = output.trim().split("\n").slice(-1);
  console.log(args.join(" "), last);
  return JSON.parse(last);
}

function measureCases(): readonly Measured[] {
  const cases = SIZES.flatMap((targets) =>
    STRATEGIES.flatMap((strategy) => [false, true].map((rule) => ({ targets, strategy, rule }))),
  );
  return cases.map(({ targets, strategy, rule }) => {
    const figures = inOwnProcess("engine", String(targets), strategy, rule ? "rule" : "no-rule") as EngineFigures;
    return { targets, strategy, rule, figures };
  });
}

const caseColumns = ({ targets, strategy, rule }: EngineCase): Row => ({ targets, strategy, rule });

function fullPassRow({ figures: { fullPass }, ...one }: Measured): Row {
  const go = GO_MS[one.rule ? `${one.targets} rule` : String(one.targets)];
  const ofGo = (ms: number): number | string => (go === undefined ? "" : rounded(ms / go));
  return {
    ...caseColumns(one),
    "wall ms": rounded(fullPass.wallMs),
    "cpu ms": rounded(fullPass.cpuMs),
    "process cpu ms": rounded(fullPass.processCpuMs),
    "wall / Go": ofGo(fullPass.wallMs),
    "cpu / Go": ofGo(fullPass.cpuMs),
  };
}

function changesRow({ figures, ...one }: Measured): Row {
  const { oneGroup, firstCollectorAdded, collectorAdded, collectorRemoved } = figures;
  return {
    ...caseColumns(one),
    ...costColumns("group", oneGroup),
    ...costColumns("first added", firstCollectorAdded),
    ...costColumns("added", collectorAdded),
    ...costColumns("removed", collectorRemoved),
  };
}

const costColumns = (name: string, { wallMs, cpuMs }: Cost): Row => ({
  [`${name} wall ms`]: rounded(wallMs),
  [`${name} cpu ms`]: rounded(cpuMs),
});

const memoryRow = ({ figures: { memory }, ...one }: Measured): Row => ({
  ...caseColumns(one),
  "text B": memory.text,
  "beyond text B": memory.beyondText,
  "of it engine B": memory.engine,
  "peak RSS B": memory.peak,
});

function disturbanceRows(targets: number): readonly Row[] {
  const { disturbances, rss, peakRss } = inOwnProcess("serving", String(targets)) as ServingFigures;
  return disturbances.map(({ work, requests, longestTurnMs, longestTurnCpuMs, longestGcMs }) => ({
    targets,
    work,
    requests: requests.count,
    "p99 ms": rounded(requests.p99),
    "max ms": rounded(requests.max),
    "longest turn ms": rounded(longestTurnMs),
    "longest turn cpu ms": rounded(longestTurnCpuMs),
    "longest gc ms": rounded(longestGcMs),
    "RSS MiB": Math.round(rss / MIB),
    "peak RSS MiB": Math.round(peakRss / MIB),
  }));
}

const rounded = (value: number): number => Number(value.toPrecision(2));

type Shape = readonly [what: string, shape: RegExp];

const COUNT: Shape = ["a number of targets", /^[1-9]\d*$/];
/** What each part of this program wants to be told. */
const PARTS: ReadonlyMap<string, readonly Shape[]> = new Map([
  [
    "engine",
    [
      COUNT,
      [STRATEGY_NAMES.join(", "), new RegExp(`^(${STRATEGY_NAMES.join("|")})$`)],
      ["rule or no-rule", /^(no-)?rule$/],
    ],
  ],
  ["serving", [COUNT]],
]);

/** What is wrong with the arguments of this program; undefined when nothing is. */
function wrongArguments([first, ...others]: readonly string[]): string | undefined {
  if (first === undefined) return undefined;
  const shapes = PARTS.get(first);
  if (shapes === undefined) return `there is no part ${JSON.stringify(first)}`;
  for (const [i, [what, shape]] of shapes.entries()) {
    if (!shape.test(others[i] ?? "")) return `give ${what} in place of ${JSON.stringify(others[i] ?? "")}`;
  }
  return others.length === shapes.length ? undefined : "there are too many arguments";
}

const USAGE = `usage: engine.ts [engine TARGETS STRATEGY rule|no-rule | serving TARGETS]
Without arguments all is measured: of the sizes in BENCH_SIZES and the strategies in BENCH_STRATEGIES, separated by commas.`;

const [part, targets = "", strategy = "", rule = ""] = process.argv.slice(2);
const wrong = wrongArguments(process.argv.slice(2));
if (wrong !== undefined) {
  console.error(`${wrong}\n${USAGE}`);
  process.exitCode = 64;
} else if (part === "engine") {
  console.log(JSON.stringify(await measureEngine({ targets: Number(targets), strategy, rule: rule === "rule" })));
} else if (part === "serving") {
  console.log(JSON.stringify(await measureServing(Number(targets))));
} else {
  const measured = measureCases();
  const disturbances = SIZES.flatMap(disturbanceRows);
  report("engine-full-pass", measured.map(fullPassRow));
  report("engine-changes", measured.map(changesRow));
  report("engine-memory", measured.map(memoryRow));
  report("engine-disturbance", disturbances);
}
