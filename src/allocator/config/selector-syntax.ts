const NAME = String.raw`[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?`;
const KEY = String.raw`(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/)?${NAME}`;
const VALUE = String.raw`(?:${NAME})?`;
const VALUES = String.raw`\(\s*${VALUE}(?:\s*,\s*${VALUE})*\s*\)`;
const LABEL_REQUIREMENT = new RegExp(
  String.raw`^\s*(?:!?\s*${KEY}|${KEY}\s*(?:==?|!=)\s*${VALUE}|${KEY}\s+(?:in|notin)\s*${VALUES}|${KEY}\s*[<>]\s*-?\d+)\s*$`,
);

/** Whether a text is a label selector as kubectl -l takes it. The empty one selects everything. */
export function isLabelSelector(text: string): boolean {
  return text.trim() === "" || splitOutsideParentheses(text).every((part) => LABEL_REQUIREMENT.test(part));
}

/** Whether a text is a field selector as kubectl --field-selector takes it: `key=value`, `==` or `!=`, with commas. */
export function isFieldSelector(text: string): boolean {
  return text
    .split(/(?<!\\),/)
    .every((part) => part === "" || /^(?:[^=!\\,]|\\[=!\\,])*(?:!=|==?)(?:[^=\\,]|\\[=\\,])*$/.test(part));
}

function splitOutsideParentheses(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/);
}
