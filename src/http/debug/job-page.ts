import { explainLink, shareLink } from "../serialize.ts";
import type { ServedProblem } from "../served-allocation.ts";
import { problemList, state } from "./allocation-page.ts";
import { type Html, markup } from "./markup.ts";
import type { JobView, TargetList } from "./job-view.ts";
import { pageLinks } from "./links.ts";
import { alarming, facts, jsonLink, table } from "./page.ts";

const COLUMNS = [{ heading: "Target" }, { heading: "Found on" }, { heading: "Why" }];

/** The content of the page of one job: who scrapes what. */
export function jobPage(view: JobView, base: string): Html {
  const { counts } = view;
  const links = pageLinks(base);
  const why = (address: string): string => explainLink(base, view.name, address);
  const shares = view.shares.map(({ collector, targets }) => {
    const json = jsonLink(shareLink(base, view.name, collector), `targets of ${collector}`);
    const name = markup`<a href="${links.collector(collector)}">${collector}</a>`;
    return markup`<h2>${name}: ${howMany(targets)} (${json})</h2>\n${targetTable(targets, why)}\n`;
  });
  const nobody = markup`<h2 class="bad">Nobody: ${howMany(view.unassigned)}</h2>\n${targetTable(view.unassigned, why)}`;
  return markup`<p>Discovery: ${state(view.state)}</p>
${facts([
  ["discovered", counts.discovered],
  ["dropped by relabelling", counts.dropped],
  ["duplicates", counts.duplicates],
  ["assigned", counts.assigned],
  ["unassigned", alarming(counts.unassigned)],
])}
${problemList(view.problems)}
${shares}${view.unassigned.total === 0 ? undefined : nobody}`;
}

/** The content of the page of a job that is not served. */
export function unservedJobPage(problems: readonly ServedProblem[]): Html {
  if (problems.length === 0) return markup`<p class="bad">No job of this name is configured.</p>`;
  return markup`<p class="bad">This job is not served.</p>${problemList(problems)}`;
}

function howMany({ total }: TargetList): Html {
  return markup`${total} ${total === 1 ? "target" : "targets"}`;
}

function targetTable({ total, shown }: TargetList, why: (address: string) => string): Html {
  if (total === 0) return markup``;
  const rows = shown.map(({ address, origin }) => [
    markup`<code>${address}</code>`,
    origin,
    address === "" ? undefined : jsonLink(why(address), `why ${address} is where it is`),
  ]);
  const more = total - shown.length;
  const note = markup`<p class="note">… and ${more} more; the JSON has all.</p>`;
  return markup`${table(COLUMNS, rows, "")}${more === 0 ? undefined : note}`;
}
