import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Tags,
  visit,
} from "yaml";
import type { KubeObject } from "../api/meta.ts";
import { toV1beta1 } from "../api/opentelemetry/convert.ts";
import { OPENTELEMETRY_COLLECTOR_V1ALPHA1 } from "../api/opentelemetry/schema/collector-v1alpha1.ts";
import { OPENTELEMETRY_COLLECTOR } from "../api/opentelemetry/schema/collector.ts";
import { fillDefaults } from "../api/opentelemetry/schema/fill-defaults.ts";
import { TARGET_ALLOCATOR_RESOURCE } from "../api/opentelemetry/schema/target-allocator.ts";
import type * as v1alpha1 from "../api/opentelemetry/v1alpha1.ts";
import { apiVersionOf, type ResourceType } from "../api/resource-type.ts";
import { knownKind } from "./known-kinds.ts";
import { schemaMistakes } from "./manifest-mistakes.ts";

/** One object of a manifest file. */
export interface Manifest {
  readonly type: ResourceType;
  /** Complete enough to be stored: a namespaced object has a namespace. */
  readonly object: KubeObject;
  /** `FILE:LINE` of its document, for messages. */
  readonly at: string;
}

/** The file that a manifest stands in. */
export function fileOf({ at }: Manifest): string {
  return at.slice(0, at.lastIndexOf(":"));
}

/** What a manifest file holds. */
export interface ManifestFile {
  readonly manifests: readonly Manifest[];
  /** `FILE:LINE: what is wrong`; the file must not be used while there are any. */
  readonly problems: readonly string[];
  /** Objects that were left out because this program has no use for their kind. */
  readonly ignored: readonly string[];
}

/** Where objects without a namespace go, as with kubectl. */
const DEFAULT_NAMESPACE = "default";

/** Lower-case letters, digits, dashes and dots. https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const OBJECT_NAME = /^[a-z0-9]([-a-z0-9.:]{0,251}[a-z0-9])?$/;

/** A DNS label. */
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Reads YAML documents (or JSON) as Kubernetes objects, Lists taken apart. Tells every problem with its place.
 *
 * @param name - The file's name, for messages.
 */
export function readManifests(text: string, name: string): ManifestFile {
  const lines = new LineCounter();
  const options = { lineCounter: lines, prettyErrors: false, version: "1.1", customTags: asGoReads } as const;
  const documents = parseAllDocuments(text, options);
  const result = { manifests: [] as Manifest[], problems: [] as string[], ignored: [] as string[] };
  const placeOf = (offset: number): string => `${name}:${String(lines.linePos(offset).line)}`;
  for (const document of "empty" in documents ? [] : documents) {
    const mistake = firstMistake(document);
    if (mistake === undefined) {
      readDocument(document, placeOf, result);
      continue;
    }
    const { line, col } = lines.linePos(mistake.offset);
    result.problems.push(`${name}:${String(line)}:${String(col)}: not YAML: ${mistake.message}`);
  }
  return result;
}

interface Mistake {
  readonly offset: number;
  readonly message: string;
}

/** One mistake makes the parser stumble over what follows: only the first says something. */
function firstMistake(document: Document): Mistake | undefined {
  const [syntax] = document.errors;
  if (syntax !== undefined) return { offset: syntax.pos[0], message: syntax.message };
  let mistake: Mistake | undefined;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      const message = "an alias that stands for nothing; put a text that begins with * into quotes";
      mistake = { offset: alias.range?.[0] ?? 0, message };
      return visit.BREAK;
    },
  });
  return mistake;
}

/** kubectl reads YAML 1.1, but neither 1:30 as ninety nor dates as anything but text. */
function asGoReads(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === "string" || (tag.format !== "TIME" && !tag.tag.endsWith(":timestamp")));
}

interface Result {
  readonly manifests: Manifest[];
  readonly problems: string[];
  readonly ignored: string[];
}

function readDocument(document: Document, placeOf: (offset: number) => string, result: Result): void {
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return;
  const at = placeOf(firstContent(root));
  if (!isMap(root)) {
    result.problems.push(
      `${at}: expected a Kubernetes object with apiVersion, kind and metadata, found ${shapeOf(root)}`,
    );
    return;
  }
  const items = root.get("items", true);
  if (String(root.get("kind")).endsWith("List") && isSeq(items)) {
    for (const item of items.items as Node[]) readObject(item, document, placeOf, result);
    return;
  }
  readObject(root, document, placeOf, result);
}

function firstContent(node: Node): number {
  return node.range?.[0] ?? 0;
}

function shapeOf(node: Node): string {
  return isSeq(node) ? "a list" : "a single value";
}

function readObject(node: Node, document: Document, placeOf: (offset: number) => string, result: Result): void {
  const at = placeOf(firstContent(node));
  const value: unknown = node.toJS(document);
  const { apiVersion, kind, metadata } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof apiVersion !== "string" || typeof kind !== "string") {
    result.problems.push(`${at}: apiVersion and kind must be given, as text`);
    return;
  }
  const type = typeOf(kind, apiVersion);
  const { name, problem } = identityOf(kind, metadata);
  if (type === undefined) {
    result.ignored.push(`${at}: ${kind} ${name}: nothing here reads objects of this kind`);
    return;
  }
  if (problem !== undefined) {
    result.problems.push(`${at}: ${problem}`);
    return;
  }
  const schema = SCHEMAS.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion);
  if (schema === undefined && apiVersion !== apiVersionOf(type)) {
    result.problems.push(`${at}: ${kind} ${name} has apiVersion ${apiVersion}; write ${apiVersionOf(type)}`);
    return;
  }
  const mistakes = schema === undefined ? [] : schemaMistakes(schema, node, value as KubeObject);
  const problems = mistakes.map(({ offset, message }) => `${placeOf(offset)}: ${kind} ${name}: ${message}`);
  result.problems.push(...problems);
  if (problems.length > 0) return;
  const object = schema === OPENTELEMETRY_COLLECTOR_V1ALPHA1 ? toStored(value as KubeObject) : (value as KubeObject);
  result.manifests.push({ type, object: inNamespace(object, type), at });
}

/** Groups whose kinds are read in one version, so that another is told. Of other groups it is a kind like any other. */
const OWN_GROUPS: ReadonlySet<string> = new Set(["opentelemetry.io", "monitoring.coreos.com"]);

/** Undefined for what nothing here reads: other groups have kinds of the same name. */
function typeOf(kind: string, apiVersion: string): ResourceType | undefined {
  const type = knownKind(kind);
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  if (type === undefined || group !== type.group) return undefined;
  return apiVersion === apiVersionOf(type) || OWN_GROUPS.has(group) ? type : undefined;
}

/** The resources of our own, in every version in which they can be written. */
const SCHEMAS = [OPENTELEMETRY_COLLECTOR, OPENTELEMETRY_COLLECTOR_V1ALPHA1, TARGET_ALLOCATOR_RESOURCE];

/** A collector of v1alpha1 as an API server stores it: with the defaults of that version, then as v1beta1. */
function toStored(object: v1alpha1.OpenTelemetryCollector): KubeObject {
  const spec = fillDefaults(OPENTELEMETRY_COLLECTOR_V1ALPHA1.spec, object.spec);
  return toV1beta1({ ...object, spec: spec as v1alpha1.OpenTelemetryCollectorSpec });
}

/** How an object is called, and what is wrong with that. No formality: files are named after it. */
function identityOf(kind: string, metadata: unknown): { readonly name: string; readonly problem?: string } {
  const { name, namespace } = (metadata ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof name !== "string" || !OBJECT_NAME.test(name)) {
    const problem = `metadata.name of the ${kind} must be given, in lower-case letters, digits, "-" and "."`;
    return { name: "", problem };
  }
  const given = namespace ?? "";
  if (given === "" || (typeof given === "string" && NAMESPACE.test(given))) return { name };
  const problem = `metadata.namespace of the ${kind} ${name} must be lower-case letters, digits and "-", 63 at most`;
  return { name, problem };
}

function inNamespace(object: KubeObject, { namespaced }: ResourceType): KubeObject {
  if (!namespaced || (object.metadata.namespace ?? "") !== "") return object;
  return { ...object, metadata: { ...object.metadata, namespace: DEFAULT_NAMESPACE } };
}
