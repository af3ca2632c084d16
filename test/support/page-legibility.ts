import type { Page } from "playwright-core";

/**
 * What keeps people from reading or using a page: no language or title, not exactly one first heading, skipped heading
 * levels, table headings that are empty or belong to nothing, links without a name, text with too little contrast, a page
 * that scrolls sideways. As WCAG 2.2 AA has it: https://www.w3.org/TR/WCAG22/
 */
export async function legibilityProblems(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(FIND_PROBLEMS);
}

/** Goes through a page by the Tab key; resolves with the names of what takes the focus without showing it, and how many do. */
export async function walkByTab(page: Page): Promise<{ readonly stops: number; readonly hidden: readonly string[] }> {
  await page.locator("body").focus();
  const hidden: string[] = [];
  for (let stops = 0; ; stops += 1) {
    await page.keyboard.press("Tab");
    const [name, shown] = await page.evaluate<[string | null, boolean]>(DESCRIBE_FOCUS);
    if (name === null) return { stops, hidden };
    if (!shown) hidden.push(name);
  }
}

const DESCRIBE_FOCUS = `(() => {
  const element = document.activeElement;
  if (!element || element === document.body) return [null, true];
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return [element.textContent, outlineStyle !== "none" && parseFloat(outlineWidth) >= 2];
})()`;

const FIND_PROBLEMS = `(() => {
  const problems = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  if (!document.documentElement.lang) problems.push("the page has no language");
  if (!document.title.trim()) problems.push("the page has no title");
  const levels = all("h1, h2, h3, h4, h5, h6").map(({ tagName }) => Number(tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1 || levels[0] !== 1) problems.push("not one h1 at the top");
  levels.forEach((level, i) => i > 0 && level > levels[i - 1] + 1 && problems.push("h" + level + " after h" + levels[i - 1]));
  for (const th of all("th")) {
    if (!th.textContent.trim()) problems.push("an empty table heading");
    if (!th.scope) problems.push("table heading without scope: " + th.textContent);
  }
  for (const table of all("table")) if (!table.querySelector("thead th")) problems.push("a table without headings");
  for (const a of all("a")) if (!(a.ariaLabel ?? a.textContent).trim()) problems.push("a link without a name: " + a.href);
  if (document.documentElement.scrollWidth > innerWidth) problems.push("the page scrolls sideways");

  const rgb = (color) => color.match(/[0-9.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const background = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = rgb(getComputedStyle(one).backgroundColor);
      if (color[3] !== 0) return color;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    if (!data.trim() || ["SCRIPT", "STYLE"].includes(parentElement.tagName)) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(parentElement);
    const [a, b] = [luminance(rgb(color)), luminance(background(parentElement))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700);
    if (contrast < (large ? 3 : 4.5)) problems.push("contrast " + contrast.toFixed(2) + ": " + data.trim());
  }
  return problems;
})()`;
