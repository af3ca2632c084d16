import type { DataValue } from "../allocator/index.ts";
import { type AssetKey, AssetMissingError, type AssetReader } from "./asset-reader.ts";
import { MonitorRefusedError } from "./monitor-refused-error.ts";
import type { SecretOrConfigMap } from "./resources.ts";
import { pathBelow, type Shape, type ShapeReport } from "./shape.ts";

/** What all fields of one monitor share. */
interface Subject {
  /** Where Secrets and ConfigMaps are looked for, in this order. */
  readonly namespaces: readonly string[];
  readonly assets: AssetReader;
  readonly problems: string[];
  /** Where missing assets are told that are no reason to refuse the monitor. */
  readonly leftOut?: string[];
}

/** A field of a monitor: knows its path, collects its problems, and reads the assets it refers to. */
export class MonitorField implements ShapeReport {
  readonly #subject: Subject;
  readonly #path: string;

  private constructor(subject: Subject, path: string) {
    this.#subject = subject;
    this.#path = path;
  }

  /** The field `path` of a monitor in a namespace. */
  static of(path: string, namespace: string, assets: AssetReader): MonitorField {
    return new MonitorField({ namespaces: [namespace], assets, problems: [] }, path);
  }

  /** The field of a key (`"name"`) or an index (`"[2]"`) below this one. */
  below(key: string): MonitorField {
    return new MonitorField(this.#subject, pathBelow(this.#path, key));
  }

  /**
   * A field of the administrator that matters for the same monitor. A missing asset is none of its author's problems.
   *
   * @param moreNamespaces Where its assets may be besides the monitor's namespace.
   * @param leftOut Where it is told that assets are missing.
   */
  beside(path: string, moreNamespaces: readonly string[], leftOut: string[]): MonitorField {
    const namespaces = [...new Set([...this.#subject.namespaces, ...moreNamespaces])];
    return new MonitorField({ ...this.#subject, namespaces, leftOut }, path);
  }

  /** Adds a sentence about this field. */
  report(problem: string): void {
    this.#subject.problems.push(`${this.#path}: ${problem}`);
  }

  /** Adds a sentence that begins with a place below this field: `key: problem`. */
  reportBelow(sentence: string): void {
    const [path = ""] = sentence.split(": ", 1);
    this.below(path).report(sentence.slice(path.length + ": ".length));
  }

  /** The value of this field. Throws MonitorRefusedError when it has not the shape. */
  read<T>(shape: Shape<T>, value: DataValue): T {
    const read = shape.read(value, this);
    if (read === undefined || this.#subject.problems.length > 0) throw new MonitorRefusedError(this.#subject.problems);
    return read;
  }

  /** Passes a result on. Throws MonitorRefusedError when anything was reported, about whichever field. */
  unlessRefused<T>(result: T): T {
    if (this.#subject.problems.length > 0) throw new MonitorRefusedError(this.#subject.problems);
    return result;
  }

  /** The value of the Secret's key that stands in this field; undefined with a report when there is none. */
  secret(ref: AssetKey | undefined): string | undefined {
    return this.#read("Secret", ref, (namespace, key) => this.#subject.assets.secret(namespace, key));
  }

  /** The same for a field that may refer to a Secret or a ConfigMap. */
  secretOrConfigMap({ secret, configMap }: SecretOrConfigMap): string | undefined {
    if (configMap === undefined) return this.below("secret").secret(secret);
    const at = this.below("configMap");
    return at.#read("ConfigMap", configMap, (namespace, key) => this.#subject.assets.configMap(namespace, key));
  }

  #read(
    kind: string,
    ref: AssetKey | undefined,
    read: (namespace: string, ref: AssetKey) => string,
  ): string | undefined {
    const { name = "", key = "" } = ref ?? {};
    if (name === "" || key === "") {
      this.report(`must name a ${kind} and a key in it`);
      return undefined;
    }
    const reasons: string[] = [];
    for (const namespace of this.#subject.namespaces) {
      try {
        return read(namespace, { name, key });
      } catch (error) {
        if (!(error instanceof AssetMissingError)) throw error;
        reasons.push(error.message);
      }
    }
    this.#missing(reasons.join("; "));
    return undefined;
  }

  #missing(reasons: string): void {
    const { leftOut } = this.#subject;
    if (leftOut === undefined) this.report(reasons);
    else leftOut.push(`${this.#path}: is left out (${reasons})`);
  }
}
