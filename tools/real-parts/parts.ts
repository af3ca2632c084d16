import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A program of other people that tests and `make cluster` run for real, built from pinned Go modules. */
export interface Part {
  readonly name: string;
  /** Folder under tools/ whose files pin it. */
  readonly source: string;
  /** Files in `source` whose content decides whether a cached build is still the right one. */
  readonly pins: readonly string[];
  /** How long a first build takes on two cores, for the reader who waits. */
  readonly takes: string;
  /** Programs and arguments that build it into `output`, run one after the other in `source`. */
  readonly steps: (output: string) => readonly (readonly string[])[];
}

const KUBERNETES_VERSION = "v1.36.3";
const VERSION_PACKAGE = "k8s.io/component-base/version";
// Without these, clients cannot parse what the server says about its version.
const KUBERNETES_LDFLAGS = [
  "-s",
  "-w",
  `-X ${VERSION_PACKAGE}.gitVersion=${KUBERNETES_VERSION}`,
  `-X ${VERSION_PACKAGE}.gitMajor=1`,
  `-X ${VERSION_PACKAGE}.gitMinor=36`,
].join(" ");

const kubernetes = (name: string, takes: string): Part => ({
  name,
  source: "control-plane",
  pins: ["go.mod", "go.sum"],
  takes,
  steps: (output) => [
    ["go", "build", "-trimpath", "-ldflags", KUBERNETES_LDFLAGS, "-o", output, `k8s.io/kubernetes/cmd/${name}`],
  ],
});

export const PARTS = {
  etcd: {
    name: "etcd",
    source: "etcd",
    pins: ["go.mod", "go.sum", "main.go"],
    takes: "45 seconds",
    steps: (output) => [["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", output, "."]],
  },
  "kube-apiserver": kubernetes("kube-apiserver", "3 to 5 minutes"),
  "kube-controller-manager": kubernetes("kube-controller-manager", "a minute"),
  "kube-scheduler": kubernetes("kube-scheduler", "10 seconds"),
  kubectl: kubernetes("kubectl", "30 seconds"),
  kwok: {
    name: "kwok",
    source: "kwok",
    pins: ["go.mod", "go.sum"],
    takes: "90 seconds",
    steps: (output) => [["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", output, "sigs.k8s.io/kwok/cmd/kwok"]],
  },
  helm: {
    name: "helm",
    source: "helm",
    pins: ["go.mod", "go.sum"],
    takes: "3 minutes",
    steps: (output) => [["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", output, "helm.sh/helm/v4/cmd/helm"]],
  },
  otelcol: {
    name: "otelcol",
    source: "otelcol",
    pins: ["builder-config.yaml", "builder-version"],
    takes: "5 minutes",
    steps: (output) => [
      [
        "go",
        "run",
        `go.opentelemetry.io/collector/cmd/builder@${readFileSync(join(ROOT, "tools/otelcol/builder-version"), "utf8").trim()}`,
        "--config=builder-config.yaml",
        `--output-path=${output}.build`,
        "--ldflags=-s -w",
      ],
      ["mv", join(`${output}.build`, "otelcol"), output],
      ["rm", "-rf", `${output}.build`],
    ],
  },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof PARTS;

/**
 * Where the build of a part is cached: in .cache/ of this checkout, or in the folder that REAL_PARTS_CACHE names, which
 * several checkouts can share. The name changes with what pins the part.
 */
export function cachedPath(part: Part): string {
  const hash = createHash("sha256");
  for (const file of part.pins) hash.update(readFileSync(join(ROOT, "tools", part.source, file)));
  const cache = process.env["REAL_PARTS_CACHE"] ?? join(ROOT, ".cache", "real-parts");
  return join(cache, `${part.name}-${hash.digest("hex").slice(0, 12)}`, part.name);
}

/** The binary of a part if it is there: from KUBEBUILDER_ASSETS first, else from the cache. */
export function locate(name: PartName): string | undefined {
  const assets = process.env["KUBEBUILDER_ASSETS"];
  const candidates = [...(assets === undefined ? [] : [join(assets, name)]), cachedPath(PARTS[name])];
  return candidates.find((path) => existsSync(path));
}
