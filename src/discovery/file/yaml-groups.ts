import { defineScalarTag, FAILSAFE_SCHEMA, loadAll, mergeTag, NOT_RESOLVED, YAMLException } from "js-yaml";
import { isNode, LineCounter, parseDocument } from "yaml";

import { GroupListError, type ListedGroup, toListedGroups } from "../group-list.ts";

const NULLS: ReadonlySet<string> = new Set(["", "~", "null", "Null", "NULL"]);

const nullTag = defineScalarTag<null>("tag:yaml.org,2002:null", {
  implicit: true,
  implicitFirstChars: ["", "~", "n", "N"],
  resolve: (source) => (NULLS.has(source) ? null : NOT_RESOLVED),
  identify: () => false,
});

const binaryTag = defineScalarTag<string>("tag:yaml.org,2002:binary", {
  resolve: (source) => Buffer.from(source, "base64").toString("utf8"),
  identify: () => false,
});

/** Every other scalar is the text that stands there, whatever its tag: `1.10` and `yes` are no number and no switch. */
const textTag = defineScalarTag("", { matchByTagPrefix: true, resolve: (source) => source, identify: () => false });

const SCHEMA = FAILSAFE_SCHEMA.withTags(mergeTag, nullTag, binaryTag, textTag);

/** A YAML text is no list of target groups. */
class YamlGroupsError extends Error {
  readonly code = "YAML_GROUPS_INVALID";
  override readonly name = "YamlGroupsError";
}

/**
 * Reads the first document of a YAML text as a list of target groups; strictly: an unknown or repeated key is a
 * mistake. A text without content is the empty list.
 *
 * Throws YamlGroupsError with line and column of the first mistake.
 */
export function parseYamlGroups(text: string): readonly ListedGroup[] {
  try {
    const [document] = loadAll(text, { schema: SCHEMA });
    return toListedGroups(document, { anyCase: false });
  } catch (error) {
    if (error instanceof YAMLException) throw new YamlGroupsError(syntaxProblem(error), { cause: error });
    if (error instanceof GroupListError) throw new YamlGroupsError(placed(error, text), { cause: error });
    throw error;
  }
}

function syntaxProblem({ reason, mark }: YAMLException): string {
  return mark === undefined ? reason : `line ${String(mark.line + 1)}, column ${String(mark.column + 1)}: ${reason}`;
}

/** The parser that keeps positions is slow, so that only a text with a mistake is read by it. */
function placed({ message, path }: GroupListError, text: string): string {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, merge: true, schema: "failsafe" });
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (!isNode(node) || node.range === undefined || node.range === null) continue;
    const { line, col } = lines.linePos(node.range[0]);
    return `line ${String(line)}, column ${String(col)}: ${message}`;
  }
  return message;
}
