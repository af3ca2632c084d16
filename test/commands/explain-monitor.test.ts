import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";

import { type CommandRun, runCommand } from "../support/command-run.ts";
import { freeAddress } from "../support/program.ts";
import { MonitorsStage } from "../support/monitors-stage.ts";
import { serveApp } from "../support/served-app.ts";

// Whole commands start here, on a machine that may be busy.
jest.setTimeout(60_000);

const stage = new MonitorsStage();

beforeAll(async () => {
  await stage.start();
});
afterAll(async () => {
  await stage.stop();
});

const explain = async (...argv: readonly string[]): Promise<CommandRun> =>
  runCommand(["explain", ...argv], { input: "", signal: new AbortController().signal });

describe("explain monitor", () => {
  it("says what became of a monitor, and which rules drop its targets", async () => {
    const { code, out, err } = await explain("monitor", "shop/web", `--from=${stage.url}`);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toBe(
      `ScrapeConfig shop/web: selected
  selected by scrape_config_selector (everything) and scrape_config_namespace_selector (everything)
  job scrapeConfig/shop/web: 4 targets discovered, 1 kept, 3 dropped, 0 duplicates
    relabel_configs[1] dropped 2: drop source_labels: ["__address__"] regex: "y.*"
    relabel_configs[2] dropped 1: keep source_labels: ["__address__"] regex: "x.*"
`,
    );
  });

  it("says why a monitor is refused, and why one is not selected", async () => {
    const refused = await explain("monitor", "shop/bad & worse", `--from=${stage.url}`);
    expect(refused.out).toMatch(
      /^ServiceMonitor shop\/bad & worse: refused\n.*\n {2}refused: spec\.endpoints\[0\]\.relabelings\[0\]\.regex/,
    );
    const unselected = await explain("monitor", "shop/blue", `--from=${stage.url}`);
    expect(unselected.out).toMatch(
      /: unselected\n {2}its labels do not match service_monitor_selector \(team=red\)\n$/,
    );
  });

  it("has it all for programs", async () => {
    const { out } = await explain("monitor", "shop/web", `--from=${stage.url}/`, "--output=json");
    expect(JSON.parse(out)).toMatchObject([{ kind: "ScrapeConfig", jobs: [{ drops: { lookedAt: 4 } }] }]);
  });

  it("fails with the reason for a monitor that is not known", async () => {
    const { code, err } = await explain("monitor", "shop/none", `--from=${stage.url}`);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/no monitor shop\/none is known.*there is no ScrapeConfig of this name/),
    ]);
  });

  it("fails where nobody answers, and where somebody else does", async () => {
    const nobody = await explain("monitor", "shop/web", `--from=http://${await freeAddress()}`);
    expect(nobody.err).toMatch(/no answer from http.*check that a target allocator serves there/);
    const other = await serveApp((_request, response) => response.end("<html>"));
    const { err } = await explain("monitor", "shop/web", `--from=${other.url}`);
    await other.stop();
    expect(err).toMatch(/does not explain monitors: .* answered with status 200; give the URL/);
  });

  it.each<{ argv: readonly string[]; want: RegExp }>([
    { argv: ["monitor"], want: /name one monitor: explain monitor NAMESPACE\/NAME --from URL/ },
    { argv: ["monitor", "web"], want: /name one monitor/ },
    { argv: ["monitor", "a/b/c"], want: /name one monitor/ },
    { argv: ["monitor", "a/b", "c/d"], want: /name one monitor/ },
    { argv: ["monitor", "a/b"], want: /give a running target allocator/ },
    { argv: ["monitor", "a/b", "--from=http://x", "--job=y"], want: /are for targets, not for monitors/ },
  ])("refuses $argv", async ({ argv, want }) => {
    const { code, err } = await explain(...argv);
    expect([code, err]).toEqual([2, expect.stringMatching(want)]);
  });
});
