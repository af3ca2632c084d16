import { type Html, markup } from "./markup.ts";
import { pageLinks } from "./links.ts";

/** The content of the page of the scrape configurations: `masked` is the JSON body with secrets replaced. */
export function scrapeConfigsPage(masked: string, base: string): Html {
  const jobs = Object.entries(JSON.parse(masked) as Readonly<Record<string, unknown>>);
  if (jobs.length === 0) return markup`<p class="note">No job is configured.</p>`;
  const sections = jobs.map(([name, config]) => {
    const link = markup`<a href="${pageLinks(base).job(name)}">${name}</a>`;
    return markup`<h2>${link}</h2>\n<div class="scroll"><pre>${JSON.stringify(config, undefined, 2)}</pre></div>\n`;
  });
  return markup`<p class="note">As collectors read them, with secrets masked.</p>\n${sections}`;
}
