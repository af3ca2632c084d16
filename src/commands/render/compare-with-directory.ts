import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../api/meta.ts";
import { settingsOf } from "../../api/opentelemetry/components.ts";
import type { DesiredResource } from "../../controllers/index.ts";
import { UnreadableFileError } from "../unreadable-file-error.ts";
import { comparedName, type Comparison } from "./comparison.ts";
import { withoutOwners } from "./desired-objects.ts";

/**
 * What differs from what was rendered before, as it stands in the YAML files below a folder. Objects there that carry the
 * operator's label and would no longer be made are told as removed; all others are passed over.
 */
export async function compareWithDirectory(
  resources: readonly DesiredResource[],
  folder: string,
): Promise<readonly Comparison[]> {
  const former = new Map((await readObjects(folder)).map((object) => [comparedName(object), object]));
  const objects = resources.flatMap((resource) => resource.objects.map(withoutOwners));
  const wanted = new Set(objects.map(comparedName));
  const gone = [...former.values()].filter((object) => !wanted.has(comparedName(object)) && isGenerated(object));
  return [
    ...objects.map((after) => ({ name: comparedName(after), before: former.get(comparedName(after)), after })),
    ...gone.map((before) => ({ name: comparedName(before), before, after: undefined })),
  ];
}

function isGenerated({ metadata: { labels } }: KubeObject): boolean {
  return labels?.["app.kubernetes.io/managed-by"] === "opentelemetry-operator";
}

async function readObjects(folder: string): Promise<readonly KubeObject[]> {
  const objects: KubeObject[] = [];
  for (const path of await filesIn(folder)) {
    const documents = parseAllDocuments(await readText(path));
    for (const document of "empty" in documents ? [] : documents) {
      const [mistake] = document.errors;
      if (mistake !== undefined) throw new Error(`${path} (--against) is no YAML`, { cause: mistake });
      const value: unknown = document.toJS();
      if (isObject(value)) objects.push(value);
    }
  }
  return objects;
}

function isObject(value: unknown): value is KubeObject {
  const { kind, metadata } = settingsOf(value);
  return typeof kind === "string" && typeof settingsOf(metadata)["name"] === "string";
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true });
    return entries
      .filter((name) => /\.(ya?ml|json)$/.test(name))
      .map((name) => join(folder, name))
      .toSorted();
  } catch (cause) {
    throw new UnreadableFileError(`${folder} (--against)`, cause);
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new UnreadableFileError(`${path} (--against)`, cause);
  }
}
