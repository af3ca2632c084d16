import { readSettings } from "../options/sources.ts";
import { RENDER_FLAGS, resolveRenderOptions } from "../options/render-options.ts";
import { type Command, EXIT } from "./command.ts";
import { commandHelp } from "./command-help.ts";
import { readManifestFiles } from "./manifest-files.ts";
import { findJobProblems, toDesired, toYamlStream } from "./render/desired-objects.ts";

const HELP = commandHelp({
  usage: "render FILE… [FLAGS]",
  about: `Prints the objects that the operator would create for the OpenTelemetryCollectors and TargetAllocators in the files, as
YAML. Needs no cluster. With --targets: which collector would scrape which target, of static targets and of the pods, nodes and endpoint
slices in the files. "-" reads standard input.`,
  flags: RENDER_FLAGS,
});

/** `otel-allocator render`: exit code 1, and nothing on standard output, when anything is wrong with the input. */
export const render: Command = async (argv, context) => {
  const settings = readSettings(RENDER_FLAGS, argv, context.env);
  if (settings.help) {
    context.out(HELP);
    return EXIT.ok;
  }
  const options = resolveRenderOptions(settings);
  const files = await readManifestFiles(options.files, context);
  const desired = toDesired(files.manifests, options.manifests);
  for (const warning of desired.warnings) context.err(`${warning}\n`);
  const problems = [...files.problems, ...desired.problems];
  if (problems.length === 0 && desired.resources.length === 0) {
    problems.push(`${options.files.join(", ")}: no OpenTelemetryCollector or TargetAllocator found`);
  }
  if (problems.length === 0 && options.targets) {
    const { reportShares } = await import("./render/share-report.ts");
    const report = await reportShares(desired.resources, files.manifests, context.signal);
    problems.push(...report.problems);
    context.out(report.text);
  } else if (problems.length === 0) {
    problems.push(...findJobProblems(desired.resources));
    if (problems.length === 0) context.out(toYamlStream(desired.resources.flatMap(({ objects }) => objects)));
  }
  if (problems.length === 0) return EXIT.ok;
  context.err(`${problems.join("\n")}\n`);
  return EXIT.failure;
};
