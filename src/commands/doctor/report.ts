import { stringify } from "yaml";
import { DOCTOR_MANAGER } from "./accumulate.ts";
import { FINDING_SEVERITIES, type Finding, type Severity, severityOf, worstFirst } from "./finding.ts";

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
    `# ${server}: ${summary}.\n`,
    applicable ? `# What mends is below each finding; as it is, it goes to:\n#   ${APPLY}\n` : "",
    ...worstFirst(findings).map(toText),
  ].join("");
}

function counted(count: number, what: string): string {
  return `${String(count)} ${what}${count === 1 ? "" : "s"}`;
}

function toText(finding: Finding): string {
  const { code, object, message, mending } = finding;
  const commands = (mending.run ?? []).map((line) => `#   $ ${line}\n`).join("");
  const documents = (mending.apply ?? []).map((each) => `---\n${stringify(each, { lineWidth: 0 })}`).join("");
  return `\n# ${severityOf(finding)} ${code}: ${object}\n${commented(message)}${commands}${documents}`;
}

function commented(text: string): string {
  return text
    .split("\n")
    .map((line) => `#   ${line}\n`)
    .join("");
}

function countBySeverity(findings: readonly Finding[]): Readonly<Record<Severity, number>> {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { code } of findings) counts[FINDING_SEVERITIES[code]] += 1;
  return counts;
}
