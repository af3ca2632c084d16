import { UsageError } from "./command-line.ts";
import { ConfigError } from "./config-error.ts";
import { switchFlag } from "./flags.ts";
import { MANIFEST_FLAGS, type ManifestOptions, resolveManifestOptions } from "./operator-options.ts";
import type { Settings } from "./sources.ts";

/** The flags of the `render` command. */
export const RENDER_FLAGS = {
  ...MANIFEST_FLAGS,
  targets: switchFlag("targets", {
    help: "Print who would scrape what instead: static targets, and those found on the objects given",
    fallback: false,
  }),
};

/** Everything that the `render` command is started with. */
export interface RenderOptions {
  /** Manifest files; "-" is standard input. */
  readonly files: readonly string[];
  readonly targets: boolean;
  readonly manifests: ManifestOptions;
}

/** What flags and arguments together mean. Throws UsageError or ConfigError. */
export function resolveRenderOptions({ values, positionals }: Settings<typeof RENDER_FLAGS>): RenderOptions {
  if (positionals.length === 0) throw new UsageError('give one manifest file or more, "-" for standard input');
  const problems: string[] = [];
  const manifests = resolveManifestOptions(values, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({ files: positionals, targets: values.targets, manifests });
}
