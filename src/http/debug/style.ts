/** The style sheet of every page: no fonts, images or files from elsewhere; follows the system's light or dark. */
export const STYLE = `
:root { color-scheme: light dark; --fg: #1c2330; --dim: #5b6577; --bg: #f6f7f9; --card: #fff; --line: #dfe3ea;
  --link: #2456c5; --good: #1a7f4b; --wait: #8a5a00; --bad: #b3261e; --bar: #a9c1f5; }
@media (prefers-color-scheme: dark) { :root { --fg: #e4e8ef; --dim: #98a2b3; --bg: #12151b; --card: #1a1f28;
  --line: #2d3543; --link: #8fb1ff; --good: #5fd39a; --wait: #eab65c; --bad: #ff8a80; --bar: #34508f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--fg); font: 15px/1.5 system-ui, sans-serif; }
header, main { max-width: 70rem; margin: 0 auto; padding: 1rem; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; padding-bottom: 0; }
header nav { font-size: .9rem; } header .live { margin-left: auto; font-size: .85rem; color: var(--dim); }
h1 { font-size: 1.35rem; margin: 0 0 .5rem; overflow-wrap: anywhere; } h2 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
.facts { display: flex; flex-wrap: wrap; gap: .75rem; padding: 0; margin: .75rem 0; list-style: none; }
.facts li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .4rem .9rem; }
.facts b { display: block; font-size: 1.3rem; font-variant-numeric: tabular-nums; } .facts span { color: var(--dim); font-size: .85rem; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .4rem .75rem; vertical-align: top; }
th { font-weight: 600; font-size: .85rem; color: var(--dim); white-space: nowrap; } tbody tr { border-top: 1px solid var(--line); }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td code { overflow-wrap: anywhere; } code, pre { font: .87em ui-monospace, monospace; } pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.state { white-space: nowrap; font-weight: 600; } .good { color: var(--good); } .wait { color: var(--wait); } .bad { color: var(--bad); }
.note { color: var(--dim); } .problems { padding-left: 1.2rem; } meter { width: 6rem; } .why { font-size: .87rem; overflow-wrap: anywhere; }
`;
