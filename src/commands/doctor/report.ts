import { stringify } from "yaml";
import { DOCTOR_MANAGER } from "./accumulate.ts";
import {
  FINDING_SEVERITIES,
  type Finding,
  type PartialObject,
  type Severity,
  severityOf,
  worstFirst,
} from "./finding.ts";

/** The command that takes what mends. */
const APPLY = `kubectl apply --server-side --force-conflicts --field-manager=${DOCTOR_MANAGER} -f -`;

/** What `doctor --output json` prints. */
interface ReportJson {
  readonly server: string;
  readonly counts: Readonly<Record<Severity, number>>;
  readonly findings: readonly (Finding & { readonly severity: Severity })[];
}

/** The findings for programs. */
export function toJsonReport(server: string, findings: readonly Finding[]): string {
  const report: ReportJson = {
    server,
    counts: countBySeverity(findings),
    findings: worstFirst(findings).map((finding) => Object.assign({ severity: severityOf(finding) }, finding)),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** The findings for people: a YAML stream in which everything but what mends is a comment, so that it can be applied. */
export function toTextReport(server: string, findings: readonly Finding[]): string {
  const { error, warning, info } = countBySeverity(findings);
  const summary =
    findings.length === 0
      ? "nothing found"
      : `${counted(error, "error")}, ${counted(warning, "warning")}, ${String(info)} to know`;
  const applicable = findings.some(({ mending }) => mending.apply !== undefined);
  return [
    commented(`${server}: ${summary}.`),
    applicable ? `# What mends is below each finding; as it is, it goes to:\n#   ${APPLY}\n` : "",
    ...worstFirst(findings).map(toText),
  ].join("");
}

function counted(count: number, what: string): string {
  return `${String(count)} ${what}${count === 1 ? "" : "s"}`;
}

function toText(finding: Finding): string {
  const { code, object, message, mending } = finding;
  const commands = (mending.run ?? []).map((line) => commented(`  $ ${line}`)).join("");
  const documents = (mending.apply ?? []).map((each) => `---\n${toDocument(each)}`).join("");
  return `\n${commented(`${severityOf(finding)} ${code}: ${object}`)}${commented(message, "  ")}${commands}${documents}`;
}

/** Everything at which YAML 1.1, by which kubectl reads, ends a line and with it a comment. */
const LINE_BREAK = /\r\n|[\n\r\u0085\u2028\u2029]/;
/** What neither YAML nor a terminal is to be given as it is: controls but tabs, those line breaks, halves of characters. */
const UNPRINTABLE = /(?!\t)[\p{Cc}\p{Cs}\u2028\u2029\uFEFF\uFFFE\uFFFF]/gu;

/** What others have written stays in comments, whatever characters it has. */
function commented(text: string, indent = ""): string {
  return text
    .split(LINE_BREAK)
    .map((line) => `# ${indent}${escaped(line)}\n`)
    .join("");
}

/** Only in JSON, which is YAML too, is every string quoted, so that all of it can be escaped. */
function toDocument(object: PartialObject): string {
  const json = JSON.stringify(object);
  return json.search(UNPRINTABLE) === -1 ? stringify(object, { lineWidth: 0 }) : `${escaped(json)}\n`;
}

function escaped(text: string): string {
  return text.replace(UNPRINTABLE, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function countBySeverity(findings: readonly Finding[]): Readonly<Record<Severity, number>> {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { code } of findings) counts[FINDING_SEVERITIES[code]] += 1;
  return counts;
}
