import { shareLink } from "../serialize.ts";
import { problemList, state } from "./allocation-page.ts";
import { type Html, markup } from "./markup.ts";
import type { JobView, TargetList } from "./job-view.ts";
import { pageLinks } from "./links.ts";
import { alarming, facts, jsonLink, table } from "./page.ts";

const COLUMNS = [{ heading: "Target" }, { heading: "Found on" }];

/** The content of the page of one job: who scrapes what. */
export function jobPage(view: JobView, base: string): Html {
  const { counts } = view;
  const links = pageLinks(base);
  const shares = view.shares.map(({ collector, targets }) => {
    const json = jsonLink(shareLink(base, view.name, collector), `targets of ${collector}`);
    const name = markup`<a href="${links.collector(collector)}">${collector}</a>`;
    return markup`<h2>${name}: ${howMany(targets)} (${json})</h2>\n${targetTable(targets)}\n`;
  });
  const nobody = markup`<h2 class="bad">Nobody: ${howMany(view.unassigned)}</h2>\n${targetTable(view.unassigned)}`;
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

function howMany({ total }: TargetList): Html {
  return markup`${total} ${total === 1 ? "target" : "targets"}`;
}

function targetTable({ total, shown }: TargetList): Html {
  if (total === 0) return markup``;
  const rows = shown.map(({ address, origin }) => [markup`<code>${address}</code>`, origin]);
  const more = total - shown.length;
  const note = markup`<p class="note">… and ${more} more; the JSON has all.</p>`;
  return markup`${table(COLUMNS, rows, "")}${more === 0 ? undefined : note}`;
}
