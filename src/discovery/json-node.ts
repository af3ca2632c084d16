import { nameOf } from "./group-list.ts";

/**
 * One value of a JSON document that somebody else wrote. Reading it checks its type: what is absent or null is the zero
 * value, what is of another type is an error that names the document and the place, because a guess would be a target
 * that is wrong without anybody seeing it. Keys match exactly.
 */
export class JsonNode {
  readonly #value: unknown;
  readonly #document: string;
  readonly #path: string;

  /**
   * @param document - What it is part of, for errors: the request that it answers.
   * @param path - Where it stands there, such as `servers[3].name`.
   */
  constructor(value: unknown, document: string, path = "") {
    this.#value = value;
    this.#document = document;
    this.#path = path;
  }

  /** Neither absent nor null. */
  get present(): boolean {
    return this.#value !== undefined && this.#value !== null;
  }

  /** The value of a key; not {@link present} when there is none. */
  at(key: string): JsonNode {
    const members = this.#members();
    const value = Object.hasOwn(members, key) ? members[key] : undefined;
    return new JsonNode(value, this.#document, this.#path === "" ? key : `${this.#path}.${key}`);
  }

  /** The text of a key, or of the node itself; "" when there is none. */
  text(key?: string): string {
    if (key !== undefined) return this.at(key).text();
    if (!this.present) return "";
    return typeof this.#value === "string" ? this.#value.toWellFormed() : this.fail("a text");
  }

  /** The number of a key, or of the node itself; 0 when there is none. */
  number(key?: string): number {
    if (key !== undefined) return this.at(key).number();
    if (!this.present) return 0;
    return typeof this.#value === "number" ? this.#value : this.fail("a number");
  }

  /** The switch of a key, or of the node itself; false when there is none. */
  flag(key?: string): boolean {
    if (key !== undefined) return this.at(key).flag();
    if (!this.present) return false;
    return typeof this.#value === "boolean" ? this.#value : this.fail("true or false");
  }

  /** The items of the list of a key, or of the node itself; none when there is none. */
  items(key?: string): readonly JsonNode[] {
    if (key !== undefined) return this.at(key).items();
    if (!this.present) return [];
    if (!Array.isArray(this.#value)) return this.fail("a list");
    return this.#value.map((item: unknown, i) => new JsonNode(item, this.#document, `${this.#path}[${String(i)}]`));
  }

  /** A list of texts. */
  texts(key: string): readonly string[] {
    return this.items(key).map((item) => item.text());
  }

  /** The members of a key that is a map, or of the node itself, in their order; none when there is none. */
  entries(key?: string): readonly (readonly [key: string, value: JsonNode])[] {
    if (key !== undefined) return this.at(key).entries();
    return Object.keys(this.#members()).map((name) => [name, this.at(name)]);
  }

  /** A map of texts, in its order. */
  textEntries(key: string): readonly (readonly [key: string, value: string])[] {
    return this.entries(key).map(([name, value]) => [name, value.text()]);
  }

  /** The value as it was read, for what can be of several types. */
  get raw(): unknown {
    return this.#value;
  }

  #members(): Readonly<Record<string, unknown>> {
    const value = this.#value;
    if (value === undefined || value === null) return {};
    if (typeof value !== "object" || Array.isArray(value)) return this.fail("a mapping");
    return value as Readonly<Record<string, unknown>>;
  }

  /** Throws an error that says where the value is, and what it must be. */
  fail(expected: string): never {
    const place = this.#path === "" ? "the answer" : this.#path;
    throw new Error(`${this.#document}: ${place} must be ${expected}, not ${nameOf(this.#value)}`);
  }
}
