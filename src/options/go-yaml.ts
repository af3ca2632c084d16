import {
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  FAILSAFE_SCHEMA,
  loadAll,
  mergeTag,
  NOT_RESOLVED,
  type ScalarTagDefinition,
  YAMLException,
} from "js-yaml";

import type { DataObject, DataValue } from "../allocator/index.ts";
import { ConfigError } from "./config-error.ts";
import { aliasProblem } from "./go-yaml-aliases.ts";
import { GO_SCALARS, keyTextOf, resolveScalar, type ScalarTag } from "./go-yaml-scalars.ts";

const YAML_TAG = "tag:yaml.org,2002:";
/** Far more than any file has; js-yaml's own limit is too low for thousands of jobs that share settings. */
const MAX_MERGED_KEYS = 5_000_000;

/**
 * Reads the first document of a YAML text as the Go target allocator does: YAML 1.1, and each plain scalar in the form
 * in which Go would write it again. So `0x1F` and `1_000` are 31 and 1000, `yes` is true, `1.10` is 1.1, and `1:30`
 * stays text. Of duplicate keys the last one counts; keys are texts. An empty text is null.
 *
 * Throws ConfigError with line and column of the first mistake, where the parser knows them.
 * https://pkg.go.dev/gopkg.in/yaml.v2
 */
export function readGoYaml(text: string): DataValue {
  try {
    const options = { schema: GO_SCHEMA, json: true, maxTotalMergeKeys: MAX_MERGED_KEYS };
    const [document = null] = loadAll(text, options) as DataValue[];
    const problem = aliasProblem(document);
    if (problem !== undefined) throw new ConfigError([`not usable as YAML: ${problem}`]);
    return document;
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    // Not as the cause: its message quotes lines of the file, and files have secrets in them.
    throw new ConfigError([yamlProblem(error, text)]);
  }
}

function yamlProblem({ reason, mark }: YAMLException, text: string): string {
  const why = PLAIN_REASONS.reduce((words, [pattern, plain]) => words.replace(pattern, plain), reason);
  if (mark === undefined) return `not YAML: ${why}`;
  const tab = /^ *\t/.test(text.split("\n")[mark.line] ?? "") ? "; indent with spaces, not with tabs" : "";
  return `line ${String(mark.line + 1)}, column ${String(mark.column + 1)}: not YAML: ${why}${tab}`;
}

/** What the parser says, in words for those who wrote the file, and without words of the file. */
const PLAIN_REASONS: readonly (readonly [pattern: RegExp, plain: string])[] = [
  [/^recursive alias .*$/s, "an alias stands in what it names"],
  [/^unidentified alias .*$/s, "an alias names nothing; quote the text if its asterisk is none of an alias"],
  [/^cannot resolve a node with !<tag:yaml\.org,2002:(\w+)> explicit tag$/, "the value is not what its tag !!$1 says"],
  [/^tag name cannot contain such characters: .*$/s, "a tag has a character that tags cannot have"],
  [/^undeclared tag handle .*$/s, "a tag has a prefix that nothing declares"],
  [
    /^end of the stream or a document separator is expected$/,
    "the line does not go on with what is above; check its indentation",
  ],
  [
    /^bad indentation of a mapping entry$/,
    'the line is indented wrongly, or a text in it needs quotes (it has ": " in it, or begins with a special character)',
  ],
];

function scalarTag(tag: ScalarTag): ScalarTagDefinition<DataValue> {
  return defineScalarTag<DataValue>(YAML_TAG + tag, {
    implicit: true,
    implicitFirstChars: [...GO_SCALARS[tag]],
    resolve: (source) => {
      const resolved = resolveScalar(source);
      if (resolved.tag === tag) return resolved.value;
      // `!!float 1` is fine: a whole number is a number with a fraction of nothing.
      return tag === "float" && resolved.tag === "int" ? resolved.value : NOT_RESOLVED;
    },
    identify: () => false,
  });
}

/** A mapping with texts as keys. An entry list keeps even the key `__proto__` an ordinary one. */
const objectTag = defineMappingTag<Map<string, DataValue>, DataObject>(`${YAML_TAG}map`, {
  create: () => new Map(),
  addPair: (entries, key, value) => {
    if (typeof key === "object" && key !== null) return "a mapping or a list cannot be a key";
    entries.set(keyTextOf(key as DataValue), value as DataValue);
    return "";
  },
  has: (entries, key) => entries.has(keyTextOf(key as DataValue)),
  keys: (object) => Object.keys(object),
  get: (object, key) => object[keyTextOf(key as DataValue)] ?? null,
  finalize: (entries) => Object.fromEntries(entries),
  identify: () => false,
});

/** Half a character, as an escape can name it, is refused as in Go: it would not come back as the name of a job. */
const textTag = defineScalarTag<DataValue>(`${YAML_TAG}str`, {
  resolve: (source) => {
    if (source.isWellFormed()) return source;
    throw new YAMLException(String.raw`a quoted text has an escape for half a character (\ud800 to \udfff)`);
  },
  identify: () => false,
});

/** Tags that mean nothing to Go leave a scalar the text that it is. */
const otherScalarTag = defineScalarTag<DataValue>("", {
  matchByTagPrefix: true,
  resolve: (source) => source,
  identify: () => false,
});

const binaryTag = defineScalarTag<DataValue>(`${YAML_TAG}binary`, {
  resolve: (source) => Buffer.from(source, "base64").toString("utf8"),
  identify: () => false,
});

const otherMappingTag = { ...objectTag, tagName: "", matchByTagPrefix: true };
const otherSequenceTag = defineSequenceTag<unknown[]>("", {
  matchByTagPrefix: true,
  create: () => [],
  addItem: (list, item) => {
    list.push(item);
  },
  identify: () => false,
});

const GO_SCHEMA = FAILSAFE_SCHEMA.withTags(
  mergeTag,
  scalarTag("null"),
  scalarTag("bool"),
  scalarTag("int"),
  scalarTag("float"),
  binaryTag,
  textTag,
  otherScalarTag,
  objectTag,
  otherMappingTag,
  otherSequenceTag,
);
