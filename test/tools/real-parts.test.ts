import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PARTS, ROOT, cachedPath } from "../../tools/real-parts/parts.ts";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "real-parts-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** Builds kwok with nothing on PATH but what the test put there, and an empty cache. */
function build(env: Readonly<Record<string, string>> = {}): { readonly code: number | null; readonly text: string } {
  const result = spawnSync(process.execPath, [join(ROOT, "tools/real-parts/main.ts"), "kwok"], {
    encoding: "utf8",
    env: { HOME: dir, PATH: join(dir, "bin"), REAL_PARTS_CACHE: join(dir, "cache"), ...env },
  });
  return { code: result.status, text: result.stderr };
}

function putProgram(folder: string, name: string, script: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

describe("building the real parts", () => {
  it("says what to do where Go is missing", () => {
    const { code, text } = build();
    expect(code).toBe(1);
    expect(text).toContain('there is no "go" on PATH');
    expect(text).toContain("KUBEBUILDER_ASSETS");
  });

  it("shows the compiler's words when a build fails, and leaves no half of it", () => {
    putProgram(join(dir, "bin"), "go", "echo no space left on device >&2; exit 3");
    const { code, text } = build();
    expect(code).toBe(1);
    expect(text).toContain("go ended with code 3");
    expect(text).toContain("no space left on device");
    expect(existsSync(join(dir, "cache", cachedPath(PARTS.kwok).split("/").slice(-2).join("/")))).toBe(false);
  });

  it("takes what KUBEBUILDER_ASSETS holds", () => {
    putProgram(join(dir, "assets"), "kwok", "true");
    const { code, text } = build({ KUBEBUILDER_ASSETS: join(dir, "assets") });
    expect({ code, text: text.trim() }).toEqual({ code: 0, text: `kwok: ${join(dir, "assets", "kwok")}` });
  });

  it("knows no other parts", () => {
    const result = spawnSync(process.execPath, [join(ROOT, "tools/real-parts/main.ts"), "docker"], {
      encoding: "utf8",
    });
    expect(result.status).toBe(2);
    expect(result.stderr).toContain("no such part: docker. There are: etcd, kube-apiserver");
  });
});
