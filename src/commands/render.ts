import type { DesiredResource } from "../controllers/index.ts";
import { systemClock } from "../observability/system-clock.ts";
import { createWinstonLogger } from "../observability/winston-logger.ts";
import { RENDER_FLAGS, type RenderOptions, resolveRenderOptions } from "../options/render-options.ts";
import { readSettings } from "../options/sources.ts";
import { type Command, type CommandContext, EXIT } from "./command.ts";
import { commandHelp } from "./command-help.ts";
import { readManifestFiles } from "./manifest-files.ts";
import type { Manifest } from "./manifests.ts";
import { openCluster } from "./open-cluster.ts";
import { compareWithCluster } from "./render/compare-with-cluster.ts";
import { compareWithDirectory } from "./render/compare-with-directory.ts";
import { type Comparison, toDiff } from "./render/comparison.ts";
import { findJobProblems, toDesired, toYamlStream } from "./render/desired-objects.ts";

const HELP = commandHelp({
  usage: "render [FILE…] [FLAGS]",
  about: `Prints the objects that the operator would create for the OpenTelemetryCollectors and TargetAllocators in the files, as
YAML. Needs no cluster. "-", or no file at all, reads standard input, such as the output of kustomize or Helm: objects of other
kinds are passed over.

With --targets: which collector would scrape which target, of static targets and of the pods, nodes and endpoint slices in the
files. With --diff: what would change in a cluster, by a dry run on its server. With --against DIR: what differs from objects
that were rendered before.

Exit code 0: done, and no differences; 2: there are differences; 1: something is wrong with the input, or could not be asked.

  otel-allocator render collector.yaml > objects.yaml
  kubectl kustomize overlays/prod | otel-allocator render --diff
  helm template charts/shop | otel-allocator render --against rendered/`,
  flags: RENDER_FLAGS,
});

/** `otel-allocator render`: nothing on standard output when anything is wrong with the input. */
export const render: Command = async (argv, context) => {
  const settings = readSettings(RENDER_FLAGS, argv, context.env);
  if (settings.help) {
    context.out(HELP);
    return EXIT.ok;
  }
  const options = resolveRenderOptions(settings, { env: context.env, piped: isPiped(context) });
  const files = await readManifestFiles(options.files, context);
  for (const note of files.passedOver) context.err(`${note}\n`);
  const desired = toDesired(files.manifests, options.manifests);
  for (const warning of desired.warnings) context.err(`${warning}\n`);
  const problems = [...files.problems, ...desired.problems];
  if (problems.length === 0 && desired.resources.length === 0) {
    problems.push(`${options.files.join(", ")}: no OpenTelemetryCollector or TargetAllocator found`);
  }
  if (problems.length === 0) {
    const outcome = await produce(desired.resources, { options, manifests: files.manifests, signal: context.signal });
    context.out(outcome.text);
    if (outcome.problems.length === 0) return outcome.code;
    problems.push(...outcome.problems);
  }
  context.err(`${problems.join("\n")}\n`);
  return EXIT.failure;
};

function isPiped({ input }: Pick<CommandContext, "input">): boolean {
  return !("isTTY" in input && input.isTTY === true);
}

interface Outcome {
  readonly text: string;
  readonly problems: readonly string[];
  /** Without problems. */
  readonly code: number;
}

interface Production {
  readonly options: RenderOptions;
  readonly manifests: readonly Manifest[];
  readonly signal: AbortSignal;
}

async function produce(
  resources: readonly DesiredResource[],
  { options: { output }, manifests, signal }: Production,
): Promise<Outcome> {
  if (output.kind === "targets") {
    const { reportShares } = await import("./render/share-report.ts");
    return { ...(await reportShares(resources, manifests, signal)), code: EXIT.ok };
  }
  const problems = findJobProblems(resources);
  if (problems.length > 0) return { text: "", problems, code: EXIT.failure };
  switch (output.kind) {
    case "objects":
      return { text: toYamlStream(resources.flatMap(({ objects }) => objects)), problems, code: EXIT.ok };
    case "directory-diff":
      return differences(await compareWithDirectory(resources, output.folder));
    case "cluster-diff":
      return differences(await askCluster(resources, output.kubeconfigPath, signal));
  }
}

function differences(comparisons: readonly Comparison[]): Outcome {
  const text = toDiff(comparisons);
  return { text, problems: [], code: text === "" ? EXIT.ok : EXIT.found };
}

async function askCluster(
  resources: readonly DesiredResource[],
  kubeconfigPath: string | undefined,
  signal: AbortSignal,
): Promise<readonly Comparison[]> {
  const log = createWinstonLogger({ clock: systemClock, level: "error", encoding: "console" });
  const connection = openCluster({ kubeconfigPath, whenMissing: "fail", setBy: "--kubeconfig or KUBECONFIG", log });
  try {
    return await compareWithCluster(resources, connection, signal);
  } finally {
    await connection.close();
  }
}
