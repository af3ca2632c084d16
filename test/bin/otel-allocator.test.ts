import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A checkout with nothing but the script in it, and a folder that is PATH besides the system's tools. */
let root: string;
let path: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "checkout-")));
  path = join(root, "path");
  for (const folder of ["bin", "path", "node_modules/.bin"]) mkdirSync(join(root, folder), { recursive: true });
  copyFileSync(join(import.meta.dirname, "../../bin/otel-allocator"), join(root, "bin/otel-allocator"));
  for (const tool of ["dirname", "readlink"]) {
    symlinkSync(execFileSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim(), join(path, tool));
  }
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

/** Something that says it is this version of Node.js, and otherwise what it was started with. */
function installNode(folder: string, version: string): void {
  const script = `#!/bin/sh
[ "$1" = --version ] && { echo ${version}; exit; }
echo ${version} "$@"
echo "cache $NODE_COMPILE_CACHE"
`;
  const file = join(root, folder, "node");
  writeFileSync(file, script);
  chmodSync(file, 0o755);
}

function start(
  args: readonly string[],
  { script = join(root, "bin/otel-allocator"), env = {} }: { script?: string; env?: Record<string, string> } = {},
): { readonly status: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync("/bin/sh", [script, ...args], {
    env: { PATH: path, ...env },
    encoding: "utf8",
  });
  return { status, out: stdout, err: stderr };
}

describe("bin/otel-allocator", () => {
  it.each<{ name: string; pinned?: string; found?: string; want: string }>([
    { name: "the pinned one", pinned: "v26.10.0", found: "v24.15.0", want: "v26.10.0" },
    { name: "the one on PATH without a pinned one", found: "v24.15.0", want: "v24.15.0" },
    { name: "a newer one on PATH", found: "v100.0.0", want: "v100.0.0" },
    { name: "the one on PATH when the pinned one cannot run here", pinned: "", found: "v24.20.1", want: "v24.20.1" },
  ])("runs the program on $name", ({ pinned, found, want }) => {
    if (pinned !== undefined) installNode("node_modules/.bin", pinned);
    if (found !== undefined) installNode("path", found);
    const { status, out } = start(["dev", "a b"]);
    expect(status).toBe(0);
    const flags = "--disable-warning=ExperimentalWarning --max-semi-space-size=4";
    expect(out.split("\n")[0]).toBe(`${want} ${flags} ${root}/src/main.ts dev a b`);
  });

  it.each(["v24.14.9", "v20.20.2", "v9.0.0", "nonsense"])("says what is missing when there is only %s", (version) => {
    installNode("path", version);
    expect(start(["dev"])).toEqual({
      status: 78,
      out: "",
      err: `otel-allocator needs Node.js 24.15 or newer; found ${version}.\nRun 'npm ci' in ${root}: it installs the pinned one (Linux x64 and arm64).\n`,
    });
  });

  it("says what is missing when there is no Node.js at all", () => {
    const { status, err } = start([]);
    expect([status, err]).toEqual([78, expect.stringContaining("found none.")]);
  });

  it("finds its checkout through links", () => {
    installNode("path", "v26.0.0");
    symlinkSync("bin/otel-allocator", join(root, "relative"));
    symlinkSync(join(root, "relative"), join(path, "otel-allocator"));
    expect(start([], { script: join(path, "otel-allocator") }).out).toContain(`${root}/src/main.ts`);
  });

  it.each<{ name: string; env: Record<string, string>; want: () => string }>([
    { name: "in the checkout", env: {}, want: () => join(root, ".cache/compiled") },
    { name: "where the user says", env: { NODE_COMPILE_CACHE: "/elsewhere" }, want: () => "/elsewhere" },
  ])("keeps compiled code $name", ({ env, want }) => {
    installNode("path", "v26.0.0");
    expect(start([], { env }).out).toContain(`cache ${want()}\n`);
  });
});
