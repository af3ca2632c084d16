import type { ServedMonitor, ServedMonitorJob, ServedMonitorKind, ServedMonitors } from "../served-monitors.ts";
import { pageLinks } from "./links.ts";
import { type Html, type HtmlValue, markup } from "./markup.ts";
import { alarming, jsonLink, numeric, table } from "./page.ts";

/** More would make a page that no browser scrolls well; the JSON has all. */
const MAX_SHOWN = 1_000;

const OUTCOMES: Readonly<Record<ServedMonitor["outcome"], { readonly text: string; readonly tone: string }>> = {
  selected: { text: "Selected", tone: "good" },
  refused: { text: "Refused", tone: "bad" },
  pending: { text: "Pending", tone: "wait" },
  unselected: { text: "Not selected", tone: "wait" },
};

const TONES: Readonly<Record<string, string>> = { Watching: "good", NotSelected: "wait", Starting: "wait" };

/** How the kinds fare: a section of the page of an allocation. */
export function monitorKinds(kinds: readonly ServedMonitorKind[], base: string): Html {
  const rows = kinds.map(({ kind, state, message, found, selected, refused, jobs, targets }): HtmlValue[] => [
    kind,
    markup`<span class="state ${TONES[state] ?? "bad"}">${state}</span>${message === "" ? undefined : markup` <span class="why">${message}</span>`}`,
    found,
    selected,
    alarming(refused),
    jobs,
    targets,
  ]);
  const columns = [
    { heading: "Kind" },
    { heading: "State" },
    numeric("Found"),
    numeric("Selected"),
    numeric("Refused"),
    numeric("Jobs"),
    numeric("Targets"),
  ];
  return markup`<h2>Monitors</h2>
${table(columns, rows, "")}
<p class="note"><a href="${pageLinks(base).monitors}">Each monitor</a>, and why it yields what it yields.</p>`;
}

/** The content of the page of all monitors: one row for each. */
export function monitorsPage(monitors: ServedMonitors, base: string): Html {
  const all = monitors.list();
  const rows = all
    .slice(0, MAX_SHOWN)
    .map((monitor): HtmlValue[] => [
      markup`${monitor.kind} ${monitor.namespace}/${monitor.name}`,
      outcome(monitor),
      jobList(monitor, base),
      sum(monitor, ({ counts }) => (counts?.assigned ?? 0) + (counts?.unassigned ?? 0)),
      sum(monitor, ({ counts }) => counts?.dropped ?? 0),
      jsonLink(pageLinks(base).monitor(monitor.namespace, monitor.name), `which rules drop targets of ${monitor.name}`),
    ]);
  const columns = [
    { heading: "Monitor" },
    { heading: "Outcome" },
    { heading: "Jobs" },
    numeric("Targets kept"),
    numeric("Targets dropped"),
    { heading: "Rules that drop" },
  ];
  const more = all.length - MAX_SHOWN;
  return markup`${table(columns, rows, "No monitor is looked at: none exists, or no selector is set.")}
${more > 0 ? markup`<p class="note">… and ${more} more; the JSON has all.</p>` : undefined}
${rereadNote(monitors.reread)}
<p class="note">${jsonLink(`${base}/api/v1/monitors`, "all monitors")}</p>`;
}

function outcome({ outcome: word, selection, problems }: ServedMonitor): Html {
  const { text, tone } = OUTCOMES[word];
  const why = problems.length > 0 ? problems.join("; ") : selection;
  return markup`<span class="state ${tone}">${text}</span> <span class="why">${why}</span>`;
}

function jobList({ jobs }: ServedMonitor, base: string): HtmlValue {
  return jobs.map(({ name, counts, problems }, index) => {
    const link = counts === undefined ? name : markup`<a href="${pageLinks(base).job(name)}">${name}</a>`;
    const why = problems.length === 0 ? undefined : markup` <span class="why">${problems.join("; ")}</span>`;
    return markup`${index === 0 ? undefined : markup`<br>`}${link}${why}`;
  });
}

function sum({ jobs }: ServedMonitor, count: (job: ServedMonitorJob) => number): number {
  return jobs.reduce((total, job) => total + count(job), 0);
}

function rereadNote(reread: readonly string[]): Html | undefined {
  if (reread.length === 0) return undefined;
  return markup`<p class="note">Must not be watched, so that changes are found up to a minute late:
${reread.join(", ")}. Grant list and watch on them.</p>`;
}
