import { readFileSync } from "node:fs";
import { loadAll, type YAMLException } from "js-yaml";
import { KubeConfigError } from "../errors.ts";

/** A kubeconfig file as it is written. */
export interface KubeConfigFile {
  readonly text: string;
  /** Only its outermost shape is checked. */
  readonly content: KubeConfigContent;
}

/** What is read of it besides by client-node. */
interface KubeConfigContent {
  readonly users?: readonly {
    readonly name: string;
    readonly user?: { readonly token?: string; readonly tokenFile?: string };
  }[];
}

/** Reads one file. Throws {@link KubeConfigError}, which shows nothing of what the file says: it has secrets in it. */
export function readKubeConfigFile(path: string): KubeConfigFile {
  const text = readText(path);
  const content = parse(text, path);
  if (content === undefined || content === null) throw unusable(path, "the file is empty");
  if (typeof content !== "object" || Array.isArray(content)) {
    throw unusable(path, "it is no kubeconfig: it must be a mapping with clusters, users and contexts");
  }
  return { text, content };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw unusable(path, (cause as Error).message, { cause });
  }
}

function parse(text: string, path: string): unknown {
  try {
    return loadAll(text)[0];
  } catch (error) {
    // Not as the cause: its message quotes lines of the file, and its reason ends in names and values.
    const { mark, reason } = error as YAMLException;
    const place = mark === undefined ? "" : `line ${String(mark.line + 1)}, column ${String(mark.column + 1)}: `;
    throw unusable(path, `${place}not YAML: ${reason.replace(/ ["!].*|:.*/s, "")}`);
  }
}

function unusable(path: string, why: string, options?: ErrorOptions): KubeConfigError {
  return new KubeConfigError(`kubeconfig ${path} cannot be used: ${why}`, options);
}
