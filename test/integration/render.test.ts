import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { join } from "node:path";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { runCommand } from "../support/command-run.ts";
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from "../support/control-plane.ts";

const EXAMPLE = join(ROOT, "examples/quickstart");
const FILES = ["collector.yaml", "pods.yaml", "rbac.yaml"].map((name) => join(EXAMPLE, name));
/** Strict: a field that the server does not know is an error, and no warning goes unseen. */
const DRY_RUN = ["apply", "--dry-run=server", "--validate=strict", "--warnings-as-errors"];

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
  await plane.kubectl(["apply", "--server-side", "-f", join(ROOT, "crds")]);
  await plane.kubectl(["wait", "--for=condition=Established", "crd", "--all"]);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await plane.stop();
}, START_TIMEOUT_MS);

describe("kubectl apply on a real API server takes", () => {
  it("what render prints of the quickstart, as it is", async () => {
    const { out } = await runCommand(["render", ...FILES]);
    const answer = await plane.kubectl([...DRY_RUN, "-f", "-"], out);
    const lines = answer.trimEnd().split("\n");
    expect(lines).toHaveLength(out.split(/^---$/m).length - 1);
    expect(lines.filter((line) => !line.endsWith(" created (server dry run)"))).toEqual([]);
  });

  it("the quickstart's own manifests, as the example's README says", async () => {
    const answer = await plane.kubectl([...DRY_RUN, "-f", EXAMPLE]);
    expect(answer).toContain("opentelemetrycollector.opentelemetry.io/quickstart created (server dry run)");
  });
});
