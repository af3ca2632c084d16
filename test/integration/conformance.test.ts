import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { freeAddress, startProgram } from "../support/program.ts";
import { type Answers, differences, readAnswers } from "../support/recorded-answers.ts";
import { installMonitorKinds } from "../support/monitor-definitions.ts";
import { CONFORMANCE_DATA, applyRecordedMonitors, applyWorld } from "../support/world.ts";

const CASE_TIMEOUT_MS = 60_000;

/** Cases with files alone, and with monitors: folders of inputs, each beside one of recorded answers. */
const SETS = [
  { inputs: "configs", answers: "expected" },
  { inputs: "monitors", answers: "monitors-expected" },
];
const cases = SETS.flatMap(({ inputs, answers }) =>
  readdirSync(join(CONFORMANCE_DATA, inputs))
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length))
    .map((name) => ({ name, inputs, answers })),
);

let plane: ControlPlane;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "conformance-"));
  plane = await startControlPlane();
  await applyWorld(plane);
  await installMonitorKinds(plane);
  await applyRecordedMonitors(plane);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await plane.stop();
  rmSync(dir, { recursive: true, force: true });
}, START_TIMEOUT_MS);

const fillIn = (text: string): string =>
  text.replaceAll("@KUBECONFIG@", plane.kubeconfigPath).replaceAll("@HERE@", CONFORMANCE_DATA);

describe("the target-allocator command answers what the Go target allocator answered to", () => {
  it.each(cases)(
    "$name",
    async ({ name, inputs, answers }) => {
      const configPath = join(dir, `${name}.yaml`);
      writeFileSync(configPath, fillIn(readFileSync(join(CONFORMANCE_DATA, inputs, `${name}.yaml`), "utf8")));
      const want = JSON.parse(fillIn(readFileSync(join(CONFORMANCE_DATA, answers, `${name}.json`), "utf8"))) as Answers;
      const address = await freeAddress();
      const program = startProgram({
        args: [
          "target-allocator",
          `--config-file=${configPath}`,
          `--listen-addr=${address}`,
          `--kubeconfig-path=${plane.kubeconfigPath}`,
        ],
        dir,
        name,
        url: `http://${address}`,
      });
      try {
        await program.whenReady();
        await eventually(async () => expect(differences(want, await readAnswers(program.url), name)).toEqual([]), {
          withinMs: 5_000,
        });
      } finally {
        await program.child.stop();
      }
    },
    CASE_TIMEOUT_MS,
  );
});
