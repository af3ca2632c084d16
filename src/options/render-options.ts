import { UsageError } from "./command-line.ts";
import { ConfigError } from "./config-error.ts";
import { stringFlag, switchFlag } from "./flags.ts";
import { MANIFEST_FLAGS, type ManifestOptions, resolveManifestOptions, usualKubeconfig } from "./operator-options.ts";
import type { Environment, Settings } from "./sources.ts";

/** The flags of the `render` command. */
export const RENDER_FLAGS = {
  ...MANIFEST_FLAGS,
  targets: switchFlag("targets", {
    help: "Print who would scrape what instead: static targets, and those found on the objects given",
    fallback: false,
  }),
  diff: switchFlag("diff", {
    help: "Print what would change in a cluster instead; exit code 2 when anything would",
    fallback: false,
  }),
  against: stringFlag("against", {
    help: "Print what differs from objects in the YAML files below a folder instead, without a cluster; exit code 2 when anything does",
    fallback: "",
    placeholder: "dir",
  }),
  kubeconfig: stringFlag("kubeconfig", {
    help: "With --diff: path of a kubeconfig; without one the pod's own account, and outside of pods ~/.kube/config",
    fallback: "",
    env: "KUBECONFIG",
    placeholder: "path",
  }),
};

/** What is printed, and of what. */
export type RenderOutput =
  | { readonly kind: "objects" }
  | { readonly kind: "targets" }
  /** `kubeconfigPath` undefined: the account of the pod that this runs in. */
  | { readonly kind: "cluster-diff"; readonly kubeconfigPath: string | undefined }
  | { readonly kind: "directory-diff"; readonly folder: string };

/** Everything that the `render` command is started with. */
export interface RenderOptions {
  /** Manifest files; "-" is standard input. */
  readonly files: readonly string[];
  readonly output: RenderOutput;
  readonly manifests: ManifestOptions;
}

/**
 * What flags and arguments together mean. Throws UsageError or ConfigError.
 *
 * @param piped - Something is piped in: it is read when no file is named.
 */
export function resolveRenderOptions(
  { values, positionals }: Settings<typeof RENDER_FLAGS>,
  { env, piped }: { readonly env: Environment; readonly piped: boolean },
): RenderOptions {
  if (positionals.length === 0 && !piped) {
    throw new UsageError('give one manifest file or more, "-" for standard input');
  }
  const problems: string[] = [];
  const manifests = resolveManifestOptions(values, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const files = positionals.length === 0 ? ["-"] : positionals;
  return Object.freeze({ files, output: outputOf(values, env), manifests });
}

function outputOf(
  { targets, diff, against, kubeconfig }: Settings<typeof RENDER_FLAGS>["values"],
  env: Environment,
): RenderOutput {
  if (targets && (diff || against !== ""))
    throw new UsageError("--targets goes neither with --diff nor with --against");
  if (against !== "") return { kind: "directory-diff", folder: against };
  if (diff) return { kind: "cluster-diff", kubeconfigPath: kubeconfig === "" ? usualKubeconfig(env) : kubeconfig };
  return { kind: targets ? "targets" : "objects" };
}
