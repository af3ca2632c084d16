/** What kubectl prints, without what is another one each time. */

const TIME = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g;
const CELL = /\S+(?: \S+)*/g;

/** The tables of `kubectl get`, each without its column AGE, every column as wide as it must be. */
export function toTable(text: string): string {
  return text.trimEnd().split("\n\n").map(withoutAge).join("\n\n");
}

function withoutAge(table: string): string {
  const lines = table.split("\n");
  const [head = ""] = lines;
  const starts = [...head.matchAll(CELL)].map(({ index }) => index);
  const rows = lines.map((line) => starts.map((start, at) => line.slice(start, starts[at + 1]).trim()));
  const age = rows[0]?.indexOf("AGE") ?? -1;
  const kept = rows.map((cells) => cells.filter((_cell, at) => at !== age));
  const widths = (kept[0] ?? []).map((_cell, at) => Math.max(...kept.map((cells) => cells[at]?.length ?? 0)));
  const pad = (cells: readonly string[]): string => cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("   ");
  return kept.map((cells) => pad(cells).trimEnd()).join("\n");
}

/** Status and Events of `kubectl describe`: one time for all, no hashes, each Event once and none of what was applied. */
export function toDescription(text: string): string {
  const status = text.slice(text.indexOf("\nStatus:") + 1);
  const [before = "", events = ""] = status.split(/^Events:/m);
  const body = before
    .replaceAll(TIME, "2026-01-01T00:00:00Z")
    .replaceAll(/^( *Applied Hash: +)\S+/gm, "$1…")
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .trimEnd();
  const rows = events.split("\n").flatMap(toEvent);
  const shown = [...new Set(rows)].toSorted();
  return shown.length === 0 ? `${body}\nEvents: <none>` : `${body}\nEvents:\n${shown.join("\n")}`;
}

function toEvent(line: string): readonly string[] {
  const [, type, reason = "", note = ""] =
    /^ {2}(Normal|Warning) +(\S+) .*?opentelemetry\.io\/otel-allocator\S* +(.*)$/.exec(line) ?? [];
  if (type === undefined || reason === "Applied") return [];
  return [`  ${type}   ${reason}   ${note.replaceAll(TIME, "2026-01-01T00:00:00Z")}`];
}
