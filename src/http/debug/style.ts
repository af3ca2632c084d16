/** The style sheet of every page: no fonts, images or files from elsewhere; follows the system's light or dark. */
export const STYLE = `
:root { color-scheme: light dark; --fg: #1c2330; --dim: #5b6577; --bg: #f6f7f9; --card: #fff; --line: #dfe3ea;
  --link: #2456c5; --good: #1a7f4b; --wait: #8a5a00; --bad: #b3261e; --bar: #7fa3ee; }
@media (prefers-color-scheme: dark) { :root { --fg: #e4e8ef; --dim: #98a2b3; --bg: #12151b; --card: #1a1f28;
  --line: #2d3543; --link: #8fb1ff; --good: #5fd39a; --wait: #eab65c; --bad: #ff8a80; --bar: #4f74c8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--fg); font: 15px/1.5 system-ui, sans-serif; }
header, main { max-width: 70rem; margin: 0 auto; padding: 1rem; }
header { display: flex; gap: 1rem; align-items: baseline; padding-bottom: 0; font-size: .9rem; color: var(--dim); }
header nav { overflow-wrap: anywhere; } header .live { margin-left: auto; flex: none; }
h1 { font-size: 1.35rem; margin: 0 0 .5rem; } h2 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; } h1, h2 { overflow-wrap: anywhere; }
a { color: var(--link); text-decoration: none; } a:hover, p a { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
.facts { display: flex; flex-wrap: wrap; gap: .75rem; padding: 0; margin: .75rem 0; list-style: none; }
.facts li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .4rem .9rem; }
.facts li > b { display: block; font-size: 1.3rem; font-variant-numeric: tabular-nums; } .facts span { color: var(--dim); font-size: .85rem; }
.scroll { position: relative; overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .4rem .75rem; vertical-align: top; }
thead th { font-weight: 600; font-size: .85rem; color: var(--dim); white-space: nowrap; } tbody tr { border-top: 1px solid var(--line); }
tbody th { font-weight: inherit; overflow-wrap: anywhere; min-width: 8rem; } th:first-child:nth-last-child(2) { width: 50%; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code, pre { font: .87em ui-monospace, monospace; } pre { margin: 0; padding: .6rem .75rem; white-space: pre-wrap; overflow-wrap: anywhere; }
meter { width: 6rem; height: 1em; margin-left: .5rem; vertical-align: -.1em; }
meter::-webkit-meter-optimum-value { background: var(--bar); } meter::-moz-meter-bar { background: var(--bar); }
.state { white-space: nowrap; font-weight: 600; } .good { color: var(--good); } .wait { color: var(--wait); } .bad { color: var(--bad); }
.note { color: var(--dim); } .problems { padding-left: 1.2rem; overflow-wrap: anywhere; } .why { font-size: .87rem; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%); width: 1px; overflow: hidden; }
  tbody tr { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: .5rem .75rem; } tbody tr:first-child { border-top: 0; }
  tbody th { flex-basis: 100%; } tbody th, tbody td, td.n { padding: 0; text-align: left; }
  td::before { content: attr(data-heading) " "; color: var(--dim); } meter { width: 4rem; }
}
`;
