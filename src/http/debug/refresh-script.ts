/** How often an open page asks for its current state. */
const REFRESH_MS = 2000;

/**
 * Keeps an open page current: fetches the page's fragment and changes only the nodes that differ, so nothing flickers
 * and selections survive. Says so when the server no longer answers. A page in the background does not ask.
 */
export const REFRESH_SCRIPT = `
const main = document.querySelector("main"), live = document.querySelector(".live");
const url = new URL(location.href);
url.searchParams.set("fragment", "1");
function morph(from, to) {
  if (from.nodeName !== to.nodeName) return from.replaceWith(to);
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  for (const { name, value } of [...to.attributes]) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name)) from.removeAttribute(name);
  const before = [...from.childNodes], after = [...to.childNodes];
  after.forEach((node, i) => (before[i] ? morph(before[i], node) : from.append(node)));
  before.slice(after.length).forEach((node) => node.remove());
}
function say(text) {
  // Set only when it changes: each setting is read out to those who listen.
  if (live.textContent !== text) live.textContent = text;
  live.classList.toggle("bad", text !== "live");
}
let last = new Date();
async function refresh() {
  if (!document.hidden) {
    try {
      const response = await fetch(url, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.querySelector("main");
      if (!fresh) throw new Error("no page");
      morph(main, fresh);
      last = new Date();
      say("live");
    } catch {
      say("no answer since " + last.toLocaleTimeString());
    }
  }
  setTimeout(refresh, ${REFRESH_MS});
}
setTimeout(refresh, ${REFRESH_MS});
`;
