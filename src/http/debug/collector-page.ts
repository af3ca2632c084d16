import { shareLink } from "../serialize.ts";
import type { CollectorPageView } from "./collector-view.ts";
import { type Html, markup } from "./markup.ts";
import { pageLinks } from "./links.ts";
import { facts, numeric, table } from "./page.ts";

/** The content of the page of one collector: which jobs it has targets of. */
export function collectorPage(view: CollectorPageView, base: string): Html {
  const rows = view.jobs.map(({ name, targets }) => [
    markup`<a href="${pageLinks(base).job(name)}">${name}</a>`,
    targets,
    markup`<a href="${shareLink(base, name, view.name)}">JSON</a>`,
  ]);
  const node = view.nodeName === "" ? "Its node is not known." : `Runs on node ${view.nodeName}.`;
  return markup`${facts([
    ["targets", view.targets],
    ["jobs", view.jobs.length],
  ])}
<p class="note">${node}</p>
${table([{ heading: "Job" }, numeric("Targets"), { heading: "" }], rows, "It has no targets.")}`;
}
