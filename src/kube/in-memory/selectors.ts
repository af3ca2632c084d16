import type { KubeObject } from "../../api/meta.ts";
import type { ResourceType } from "../../api/resource-type.ts";
import { toKubeError } from "../errors.ts";

/** Whether an object is selected. */
export type Selects = (object: KubeObject) => boolean;

type Labels = Readonly<Record<string, string>>;

/** Fields besides name and namespace by which a server selects; it refuses others. */
const SELECTABLE: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
  ],
  Node: ["spec.unschedulable"],
  Namespace: ["status.phase"],
  Secret: ["type"],
  Service: ["spec.clusterIP", "spec.type"],
  ReplicaSet: ["status.replicas"],
  Job: ["status.successful"],
  Event: ["reason", "type", "regarding.kind", "regarding.name", "regarding.namespace", "regarding.uid"],
};

/** Both selectors in one test. Throws InvalidError for one that a server would refuse. */
export function selectorOf(
  type: ResourceType,
  { labelSelector = "", fieldSelector = "" }: { readonly labelSelector?: string; readonly fieldSelector?: string },
): Selects {
  const byLabels = parseLabelSelector(labelSelector);
  const byFields = parseFieldSelector(type, fieldSelector);
  return (object) => byLabels(object.metadata.labels ?? {}) && byFields(object);
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api */
function parseLabelSelector(text: string): (labels: Labels) => boolean {
  // Commas inside parentheses separate values, not requirements.
  const requirements = text.split(/,(?![^(]*\))/).filter((part) => part.trim() !== "");
  const checks = requirements.map((requirement) => parseRequirement(requirement.trim(), text));
  return (labels) => checks.every((check) => check(labels));
}

function parseRequirement(requirement: string, selector: string): (labels: Labels) => boolean {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(requirement);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = new Set(list.split(",").map((value) => value.trim()));
    return (labels) => isIn(labels[key], values) === (operator === "in");
  }
  const comparison = /^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$/.exec(requirement);
  if (comparison !== null) {
    const [, key = "", operator, value = ""] = comparison;
    return (labels) => (labels[key] === value) === (operator !== "!=");
  }
  const existence = /^(!?)\s*([^\s=!()]+)$/.exec(requirement);
  if (existence === null) throw refused(`the label selector "${selector}" cannot be read at "${requirement}"`);
  const [, not = "", key = ""] = existence;
  return (labels) => (labels[key] !== undefined) === (not === "");
}

function isIn(value: string | undefined, values: ReadonlySet<string>): boolean {
  return value !== undefined && values.has(value);
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/ */
function parseFieldSelector(type: ResourceType, text: string): Selects {
  const checks = text
    .split(",")
    .filter((part) => part.trim() !== "")
    .map((part) => parseFieldRequirement(type, part.trim()));
  return (object) => checks.every((check) => check(object));
}

function parseFieldRequirement(type: ResourceType, requirement: string): Selects {
  const match = /^([\w.]+)\s*(==|=|!=)\s*(.*)$/.exec(requirement);
  if (match === null) throw refused(`the field selector cannot be read at "${requirement}"`);
  const [, path = "", operator, value = ""] = match;
  const always = type.namespaced ? ["metadata.name", "metadata.namespace"] : ["metadata.name"];
  if (![...always, ...(SELECTABLE[type.kind] ?? [])].includes(path)) {
    throw refused(`the field selector cannot use "${path}" of a ${type.kind}: field label not supported`);
  }
  const steps = path.split(".");
  return (object) => (fieldText(object, steps) === value) === (operator !== "!=");
}

function fieldText(object: unknown, steps: readonly string[]): string {
  let value = object;
  for (const step of steps) value = (value as Readonly<Record<string, unknown>> | undefined)?.[step];
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function refused(message: string): Error {
  return toKubeError(message, { status: 400, reason: "BadRequest" });
}
