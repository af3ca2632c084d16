import type { DataObject, DataValue } from "../allocator/index.ts";
import { parseGoDuration } from "./go-duration.ts";

/** metav1.LabelSelector, complete. The one without requirements selects everything. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly LabelRequirement[];
}

/** One requirement on a label. */
export interface LabelRequirement {
  readonly key: string;
  /** In, NotIn, Exists or DoesNotExist. */
  readonly operator: string;
  readonly values: readonly string[];
}

/** Selects everything. */
export const EVERYTHING: LabelSelector = { matchLabels: {}, matchExpressions: [] };

const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"];
const NANOSECONDS_PER_MS = 1e6;

/**
 * One section of the target allocator's file. Keys are found in any case, an exact match first; null leaves the
 * default; unknown keys do not matter. A value of a wrong type is a problem and counts as absent.
 */
export class FileSection {
  readonly #values: DataObject;
  readonly #path: string;
  readonly #problems: string[];
  /** In lower case. */
  readonly #asked = new Set<string>();

  /**
   * @param path Where the section is, `prometheus_cr` or `""` for the whole file.
   * @param problems Where problems go, each a sentence that begins with the place.
   */
  constructor(values: DataObject, path: string, problems: string[]) {
    this.#values = values;
    this.#path = path;
    this.#problems = problems;
  }

  text(key: string, fallback: string): string {
    return this.#read(key, "a text", (value) => (typeof value === "string" ? value : undefined)) ?? fallback;
  }

  flag(key: string): boolean {
    return this.#read(key, "true or false", (value) => (typeof value === "boolean" ? value : undefined)) ?? false;
  }

  /** Milliseconds as a plain number; undefined unless it is above zero. */
  milliseconds(key: string): number | undefined {
    const value = this.#read(key, "a whole number of milliseconds", (raw) =>
      typeof raw === "number" && Number.isInteger(raw) ? raw : undefined,
    );
    return value !== undefined && value > 0 ? value : undefined;
  }

  /** A duration in Go's syntax, or nanoseconds as a plain number. Comes back in milliseconds. */
  durationMs(key: string, fallback: number): number {
    return this.#read(key, "a duration such as 30s or 1m30s", durationOf) ?? fallback;
  }

  texts(key: string, fallback: readonly string[] = []): readonly string[] {
    return this.#read(key, "a list of texts", textsOf) ?? fallback;
  }

  /** A value that is read by a function of its own, which returns undefined for what is not `expected`. */
  value<T>(key: string, expected: string, read: (value: DataValue) => T | undefined): T | undefined {
    return this.#read(key, expected, read);
  }

  /** A section below; empty when it is absent. */
  section(key: string): FileSection {
    const values = this.object(key) ?? {};
    return new FileSection(values, this.#at(key), this.#problems);
  }

  /** Whether a section below is there. */
  has(key: string): boolean {
    return (this.#find(key) ?? null) !== null;
  }

  object(key: string): DataObject | undefined {
    return this.#read(key, "a mapping", (value) => (isObject(value) ? value : undefined));
  }

  /** The sections of a list. */
  sections(key: string): readonly FileSection[] {
    const list = this.#read(key, "a list of mappings", objectsOf) ?? [];
    return list.map((values, index) => new FileSection(values, `${this.#at(key)}[${String(index)}]`, this.#problems));
  }

  /** The mappings of a list, as they are. */
  objects(key: string): readonly DataObject[] {
    return this.#read(key, "a list of mappings", objectsOf) ?? [];
  }

  /** A label selector, in camelCase or, as the Go operator writes it, all in lower case. */
  selector(key: string): LabelSelector | undefined {
    if (this.object(key) === undefined) return undefined;
    const section = this.section(key);
    const matchLabels = section.value("matchLabels", "a mapping of texts", labelsOf) ?? {};
    const matchExpressions = section.sections("matchExpressions").map((each) => each.#requirement());
    return { matchLabels, matchExpressions };
  }

  /** Adds a problem for each key that is none of these. Keys that do not matter elsewhere do so in a section of ours. */
  refuseOthers(known: readonly string[]): void {
    for (const key of Object.keys(this.#values)) {
      if (!known.includes(key.toLowerCase())) this.report(key, `is no setting; there are ${known.join(", ")}`);
    }
  }

  /** The keys that nobody has asked for so far, each in a sentence. */
  unknown(): readonly string[] {
    const known = [...this.#asked].join(", ");
    return Object.keys(this.#values)
      .filter((key) => !this.#asked.has(key.toLowerCase()))
      .map((key) => `${this.#at(key)}: is no setting, so it is left out; there are ${known}`);
  }

  /** Adds a problem of a key, or of the section itself with `""`. */
  report(key: string, problem: string): void {
    this.#problems.push(`${this.#at(key)}: ${problem}`);
  }

  /** Adds problems that begin with a place below a key. */
  reportBelow(key: string, problems: readonly string[]): void {
    this.#problems.push(...problems.map((problem) => `${this.#at(key)}.${problem}`));
  }

  #requirement(): LabelRequirement {
    const operator = this.text("operator", "");
    if (!OPERATORS.includes(operator)) {
      this.report("operator", `${JSON.stringify(operator)} is none of ${OPERATORS.join(", ")}`);
    }
    return { key: this.text("key", ""), operator, values: this.texts("values") };
  }

  #read<T>(key: string, expected: string, read: (value: DataValue) => T | undefined): T | undefined {
    const raw = this.#find(key) ?? null;
    if (raw === null) return undefined;
    const value = read(raw);
    if (value === undefined) this.report(key, `must be ${expected}, not ${shown(raw, expected)}`);
    return value;
  }

  #find(key: string): DataValue | undefined {
    this.#asked.add(key.toLowerCase());
    if (this.#values[key] !== undefined) return this.#values[key];
    const found = Object.keys(this.#values).find((each) => each.toLowerCase() === key.toLowerCase());
    return found === undefined ? undefined : this.#values[found];
  }

  #at(key: string): string {
    return [this.#path, key].filter((part) => part !== "").join(".");
  }
}

function durationOf(value: DataValue): number | undefined {
  if (typeof value === "string") return parseGoDuration(value);
  return typeof value === "number" && Number.isInteger(value) ? value / NANOSECONDS_PER_MS : undefined;
}

function textsOf(value: DataValue): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items: readonly DataValue[] = value as readonly DataValue[];
  return items.every((item) => typeof item === "string") ? items : undefined;
}

function objectsOf(value: DataValue): readonly DataObject[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items: readonly DataValue[] = value as readonly DataValue[];
  return items.every((item) => isObject(item)) ? items : undefined;
}

function labelsOf(value: DataValue): Readonly<Record<string, string>> | undefined {
  if (!isObject(value)) return undefined;
  const labels = Object.entries(value).map(([name, label]) => [name, label ?? ""] as const);
  return labels.every(([, label]) => typeof label === "string")
    ? (Object.fromEntries(labels) as Record<string, string>)
    : undefined;
}

function isObject(value: DataValue): value is DataObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text where a section is wanted is likely to be a password; so it is not shown. */
function shown(value: DataValue, expected: string): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string" && /^a (?:list|mapping)/.test(expected)) return "a text";
  return typeof value === "object" && value !== null ? "a mapping" : JSON.stringify(String(value));
}
