import { randomBytes } from "node:crypto";
import type { Request, Response } from "express";
import { queryParameters } from "../query-parameters.ts";
import { Html, type HtmlValue, markup } from "./markup.ts";
import { REFRESH_SCRIPT } from "./refresh-script.ts";
import { STYLE } from "./style.ts";

/** Stands at the start of every page's path and at the end of its title. */
const PRODUCT = "otel-allocator";

export interface Page {
  readonly title: string;
  /** What stands above, from the outermost in: text and where it leads. */
  readonly trail: readonly { readonly text: string; readonly href: string }[];
  readonly content: Html;
  /** @default 200 */
  readonly status?: number;
}

/**
 * Sends a page, or only its `main` element when the query has `fragment`: what an open page asks for every other second.
 * Nothing is loaded from elsewhere and no script runs but ours.
 */
export function sendPage(request: Request, response: Response, page: Page): void {
  const nonce = randomBytes(16).toString("base64");
  response.status(page.status ?? 200);
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  response.setHeader("Cache-Control", "no-store");
  response.setHeader(
    "Content-Security-Policy",
    `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; img-src data:; ` +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  const main = markup`<main><h1>${page.title}</h1>${page.content}</main>`;
  const fragment = queryParameters(request).has("fragment");
  response.end(fragment ? main.text : frame(page, main, nonce).text);
}

function frame({ title, trail }: Page, main: Html, nonce: string): Html {
  const links = trail.map(({ text, href }) => markup` / <a href="${href}">${text}</a>`);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – ${PRODUCT}</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${new Html(STYLE)}</style>
</head>
<body>
<header><nav aria-label="Where this page is">${PRODUCT}${links}</nav><span class="live" role="status">live</span></header>
${main}
<script nonce="${nonce}">${new Html(REFRESH_SCRIPT)}</script>
</body>
</html>
`;
}

/** A column's heading, and whether it holds numbers. No heading is empty: on a narrow screen it stands at every value. */
export interface Column {
  readonly heading: string;
  readonly numeric?: boolean;
}

/** A column of numbers. */
export function numeric(heading: string): Column {
  return { heading, numeric: true };
}

/**
 * A table whose first column names its rows; `empty` is said when there are none. On a narrow screen each row is a
 * paragraph of its own, with the headings before the values.
 */
export function table(columns: readonly Column[], rows: readonly (readonly HtmlValue[])[], empty: string): Html {
  if (rows.length === 0) return markup`<p class="note">${empty}</p>`;
  const kind = (i: number): Html => new Html(columns[i]?.numeric === true ? ' class="n"' : "");
  const heads = columns.map(({ heading }, i) => markup`<th scope="col"${kind(i)}>${heading}</th>`);
  const body = rows.map(([name, ...values]) => {
    const cells = values.map((value, i) => {
      return markup`<td data-heading="${columns[i + 1]?.heading}"${kind(i + 1)}>${value}</td>`;
    });
    return markup`<tr><th scope="row">${name}</th>${cells}</tr>\n`;
  });
  const head = markup`<thead><tr>${heads}</tr></thead>`;
  return markup`<div class="scroll"><table>${head}<tbody>\n${body}</tbody></table></div>`;
}

/** A number that should be zero, and stands out when it is not. */
export function alarming(count: number): HtmlValue {
  return count === 0 ? count : markup`<b class="bad">${count}</b>`;
}

/** A link to the same in JSON; `what` tells it from other such links where only links are read out. */
export function jsonLink(href: string, what: string): Html {
  return markup`<a href="${href}" aria-label="JSON: ${what}">JSON</a>`;
}

/** Large numbers with their names. */
export function facts(entries: readonly (readonly [name: string, value: HtmlValue])[]): Html {
  const items = entries.map(([name, value]) => markup`<li><b>${value}</b><span>${name}</span></li>`);
  return markup`<ul class="facts">${items}</ul>`;
}
