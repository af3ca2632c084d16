import { jobLink } from "../serialize.ts";
import type { ServedProblem } from "../served-allocation.ts";
import type { AllocationView, CollectorView, JobRow, StateView } from "./allocation-view.ts";
import { type Html, type HtmlValue, markup } from "./markup.ts";
import { pageLinks } from "./links.ts";
import { monitorKinds } from "./monitors-page.ts";
import { alarming, facts, jsonLink, numeric, table } from "./page.ts";

/** The content of the page of one allocation. */
export function allocationPage(view: AllocationView, base: string): Html {
  const { totals } = view;
  const { why: _listedBelow, ...word } = view.state;
  return markup`<p>${state(view.problems.length > 0 && view.state.tone === "bad" ? word : view.state)}</p>
${facts([
  ["collectors", view.collectors.length],
  ["jobs", view.jobs.length],
  ["targets assigned", totals.assigned],
  ["targets unassigned", alarming(totals.unassigned)],
])}
${problemList(view.problems)}
<h2>Collectors</h2>
${collectorTable(view.collectors, base)}
${view.monitors === undefined ? undefined : monitorKinds(view.monitors, base)}
<h2>Jobs</h2>
${jobTable(view.jobs, base)}
<p class="note">What a collector reads: <a href="${pageLinks(base).scrapeConfigs}">scrape configurations</a>
and, for each job, its share of the targets.</p>`;
}

/** A state as coloured words, and why. */
export function state({ text, tone, why }: StateView): Html {
  const reason = why === undefined ? undefined : markup` <span class="why">${why}</span>`;
  return markup`<span class="state ${tone}">${text}</span>${reason}`;
}

/** What is wrong, under a heading of its own; nothing when nothing is. */
export function problemList(problems: readonly ServedProblem[]): Html {
  if (problems.length === 0) return markup``;
  const items = problems.map(
    ({ job, reason, message }) =>
      markup`<li><b>${reason}</b>${job === undefined ? "" : ` in job ${job}`}: ${message}</li>`,
  );
  return markup`<h2>Problems</h2><ul class="problems bad">${items}</ul>`;
}

function collectorTable(collectors: readonly CollectorView[], base: string): Html {
  const most = Math.max(1, ...collectors.map(({ targets }) => targets));
  const rows = collectors.map(({ name, nodeName, targets }): HtmlValue[] => [
    markup`<a href="${pageLinks(base).collector(name)}">${name}</a>`,
    nodeName === "" ? "unknown" : nodeName,
    // The bar says nothing that the number does not.
    markup`${targets} <meter max="${String(most)}" value="${String(targets)}" aria-hidden="true"></meter>`,
  ]);
  return table(
    [{ heading: "Collector" }, { heading: "Node" }, numeric("Targets")],
    rows,
    "No collector is known. Collectors are the pods that the configured selector finds.",
  );
}

function jobTable(jobs: readonly JobRow[], base: string): Html {
  const rows = jobs.map((job): HtmlValue[] => [
    markup`<a href="${pageLinks(base).job(job.name)}">${job.name}</a>`,
    state(job.state),
    job.counts.discovered,
    job.counts.dropped,
    job.counts.duplicates,
    job.counts.assigned,
    alarming(job.counts.unassigned),
    jsonLink(jobLink(base, job.name), `who has targets of job ${job.name}`),
  ]);
  return table(
    [
      { heading: "Job" },
      { heading: "Discovery" },
      numeric("Discovered"),
      numeric("Dropped"),
      numeric("Duplicates"),
      numeric("Assigned"),
      numeric("Unassigned"),
      { heading: "Shares" },
    ],
    rows,
    "No job is configured.",
  );
}
