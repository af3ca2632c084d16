import { readFileSync } from "node:fs";
import { UsageError } from "../options/command-line.ts";
import { nearNames } from "../options/near-names.ts";
import { type Command, type CommandContext, EXIT } from "./command.ts";
import { explainFailure } from "./failure.ts";

interface ListedCommand {
  readonly summary: string;
  /** Loads the code of this command only, so that the small ones start fast. */
  readonly load: () => Promise<Command>;
  /** What a command line ends in that cannot be understood. @default 2 */
  readonly usageExit?: number;
}

const COMMANDS: Readonly<Record<string, ListedCommand>> = {
  operator: {
    summary: "Run the operator: reconcile OpenTelemetryCollectors and serve every one's targets",
    load: async () => (await import("./operator.ts")).operator,
  },
  "target-allocator": {
    summary: "Run one target allocator from a configuration file, as its Deployment does",
    load: async () => (await import("./target-allocator.ts")).targetAllocator,
  },
  dev: {
    summary: "Run the operator over a directory of manifests, without a cluster",
    load: async () => (await import("./dev.ts")).dev,
  },
  render: {
    summary: "Print the objects that the operator would create for manifests, or what they would change",
    load: async () => (await import("./render.ts")).render,
    usageExit: EXIT.failure,
  },
  doctor: {
    summary: "Say what is wrong in a cluster, before and after installation, and how it is mended",
    load: async () => (await import("./doctor.ts")).doctor,
    usageExit: EXIT.failure,
  },
  explain: {
    summary: "Say why a target is, or is not, scraped: labels, rules, duplicates, owner",
    load: async () => (await import("./explain.ts")).explain,
  },
};

/** Runs `otel-allocator ARGV`: finds the command, runs it, explains a failure. Resolves with the exit code. */
export async function runProgram(argv: readonly string[], context: CommandContext): Promise<number> {
  const [name = "", ...rest] = argv;
  if (["help", "--help", "-h"].includes(name)) {
    context.out(usage());
    return EXIT.ok;
  }
  if (["version", "--version"].includes(name)) {
    context.out(`otel-allocator ${ownVersion()} (Node.js ${process.versions.node})\n`);
    return EXIT.ok;
  }
  const listed = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (listed === undefined) {
    const what = name === "" ? "no command given" : `unknown command ${JSON.stringify(name)}${suggestion(name)}`;
    context.err(`otel-allocator: ${what}\n\n${usage()}`);
    return EXIT.usage;
  }
  return run(listed, name, rest, context);
}

async function run(
  { load, usageExit = EXIT.usage }: ListedCommand,
  name: string,
  argv: readonly string[],
  context: CommandContext,
): Promise<number> {
  const command = await load();
  try {
    return await command(argv, context);
  } catch (error) {
    context.err(`otel-allocator ${name}: ${explainFailure(error)}\n`);
    if (!(error instanceof UsageError)) return EXIT.failure;
    context.err(`Usage: otel-allocator ${name} …; "otel-allocator ${name} --help" shows arguments and flags.\n`);
    return usageExit;
  }
}

/** The command that was probably meant. */
function suggestion(name: string): string {
  const [near] = nearNames(name, Object.keys(COMMANDS));
  return near === undefined ? "" : ` (did you mean ${near}?)`;
}

function ownVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}

function usage(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(18)}${summary}\n`);
  return `Spreads Prometheus scrape targets over OpenTelemetry Collectors.

Usage: otel-allocator COMMAND [FLAGS]

Commands:
${rows.join("")}
  help              Show this list; "otel-allocator COMMAND --help" shows a command's flags
  version           Show the version
`;
}
