/** Which label names are allowed: any text, or only `[a-zA-Z_][a-zA-Z0-9_]*`. Prometheus' names. */
export type NameScheme = "legacy" | "utf8";

const LEGACY_NAME = /^[A-Za-z_]\w*$/;
/** A legacy name in which group references may stand for parts. */
const LEGACY_TEMPLATE = /^(?:[A-Za-z_]|\$\w|\$\{\w+\})(?:\w|\$\w|\$\{\w+\})*$/;

/** Whether a text may be the name of a label. */
export function isLabelName(text: string, scheme: NameScheme): boolean {
  return scheme === "legacy" ? LEGACY_NAME.test(text) : text !== "" && text.isWellFormed();
}

/** Whether a text with group references, such as `label_${1}`, may become the name of a label. */
export function isLabelNameTemplate(text: string, scheme: NameScheme): boolean {
  return scheme === "legacy" ? LEGACY_TEMPLATE.test(text) : text !== "" && text.isWellFormed();
}
