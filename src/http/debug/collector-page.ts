import { shareLink } from "../serialize.ts";
import type { CollectorPageView } from "./collector-view.ts";
import { type Html, markup } from "./markup.ts";
import { pageLinks } from "./links.ts";
import { facts, jsonLink, numeric, table } from "./page.ts";

/** The content of the page of one collector: which jobs it has targets of. */
export function collectorPage(view: CollectorPageView, base: string): Html {
  const rows = view.jobs.map(({ name, targets }) => [
    markup`<a href="${pageLinks(base).job(name)}">${name}</a>`,
    targets,
    jsonLink(shareLink(base, name, view.name), `its targets of job ${name}`),
  ]);
  const node = view.nodeName === "" ? "Its node is not known." : `Runs on node ${view.nodeName}.`;
  return markup`${facts([
    ["targets", view.targets],
    ["jobs", view.jobs.length],
  ])}
<p class="note">${node}</p>
${table([{ heading: "Job" }, numeric("Targets"), { heading: "Its share" }], rows, "It has no targets.")}`;
}
