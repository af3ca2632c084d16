import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../../tools/real-parts/parts.ts";
import { IMAGE_SETTINGS } from "../../../tools/image/image-settings.ts";

const BUILD_TIMEOUT_MS = 180_000;

/** The instructions of a stage: `[word, rest]`. */
type Stage = readonly (readonly [string, string])[];

function readStages(): readonly Stage[] {
  const lines = readFileSync(join(ROOT, "Dockerfile"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line): readonly [string, string] => {
      const space = line.indexOf(" ");
      return [line.slice(0, space), line.slice(space + 1)];
    });
  const starts = lines.flatMap(([word], index) => (word === "FROM" ? [index] : []));
  return starts.map((start, index) => lines.slice(start, starts[index + 1]));
}

const allOf = (stage: Stage, instruction: string): readonly string[] =>
  stage.filter(([word]) => word === instruction).map(([, rest]) => rest);

describe("the Dockerfile", () => {
  const [build = [], image = []] = readStages();
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "dockerfile-"));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it("starts containers as the image without an engine does", () => {
    expect({
      User: allOf(image, "USER")[0],
      Env: allOf(image, "ENV"),
      Entrypoint: JSON.parse(allOf(image, "ENTRYPOINT")[0] ?? ""),
      Cmd: JSON.parse(allOf(image, "CMD")[0] ?? ""),
      WorkingDir: allOf(image, "WORKDIR")[0],
    }).toEqual(IMAGE_SETTINGS);
  });

  it("is of this Node.js, and holds nothing but what its first stage made", () => {
    expect(allOf(image, "FROM")).toEqual(["scratch"]);
    expect(allOf(image, "COPY")).toEqual(["--from=build /image /"]);
    expect(allOf(build, "FROM")[0]).toContain(`node:${process.versions.node.split(".")[0] ?? ""}-`);
  });

  it(
    "copies all that its build reads, and ignores nothing of it",
    () => {
      const sources = allOf(build, "COPY").flatMap((rest) => rest.split(" ").slice(0, -1));
      const kept = readFileSync(join(ROOT, ".dockerignore"), "utf8").trim().split("\n");
      expect(kept.toSorted()).toEqual(["*", ...sources.map((source) => `!${source}`)].toSorted());
      for (const source of sources) {
        mkdirSync(join(dir, source, ".."), { recursive: true });
        cpSync(join(ROOT, source), join(dir, source), { recursive: true });
      }
      symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"));
      const command =
        allOf(build, "RUN")
          .at(-1)
          ?.replace(" /image", ` ${join(dir, "image")}`) ?? "";
      execFileSync("sh", ["-c", command], { cwd: dir });
      expect(existsSync(join(dir, "image", IMAGE_SETTINGS.Entrypoint[3]))).toBe(true);
      expect(existsSync(join(dir, "image", IMAGE_SETTINGS.Entrypoint[0]))).toBe(true);
    },
    BUILD_TIMEOUT_MS,
  );
});
