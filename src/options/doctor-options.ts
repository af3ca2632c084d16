import { ConfigError } from "./config-error.ts";
import { choiceFlag, type FlagValues, listFlag, stringFlag } from "./flags.ts";
import { MANIFEST_FLAGS, type ManifestOptions, resolveManifestOptions, usualKubeconfig } from "./operator-options.ts";
import type { Environment } from "./sources.ts";

/** The flags of the `doctor` command. */
export const DOCTOR_FLAGS = {
  ...MANIFEST_FLAGS,
  kubeconfig: stringFlag("kubeconfig", {
    help: "Path of a kubeconfig; without one the pod's own account, and outside of pods ~/.kube/config",
    fallback: "",
    env: "KUBECONFIG",
    placeholder: "path",
  }),
  namespace: listFlag("namespace", {
    help: "Namespaces whose resources are looked at; all without it",
    fallback: [],
  }),
  output: choiceFlag<"json" | "text">("output", ["text", "json"], {
    help: "For people (a YAML stream that can be applied), or for programs",
    fallback: "text",
  }),
  failOn: choiceFlag<"error" | "warning">("fail-on", ["error", "warning"], {
    help: "How bad a finding must be for exit code 2",
    fallback: "error",
  }),
};

/** Everything that the `doctor` command is started with. */
export interface DoctorOptions {
  /** Undefined: the account of the pod that this runs in. */
  readonly kubeconfigPath: string | undefined;
  /** Undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  readonly output: "json" | "text";
  readonly failOn: "error" | "warning";
  /** How the operator generates what is judged. */
  readonly manifests: ManifestOptions;
}

/** What the flags together mean. Throws ConfigError. */
export function resolveDoctorOptions(values: FlagValues<typeof DOCTOR_FLAGS>, env: Environment): DoctorOptions {
  const { kubeconfig, namespace, output, failOn } = values;
  const problems: string[] = [];
  const manifests = resolveManifestOptions(values, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({
    kubeconfigPath: kubeconfig === "" ? usualKubeconfig(env) : kubeconfig,
    namespaces: namespace.length === 0 ? undefined : namespace,
    output,
    failOn,
    manifests,
  });
}
