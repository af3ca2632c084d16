import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface KubeconfigContent {
  readonly cluster?: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
  readonly namespace?: string;
}

/** A folder for kubeconfig files and what they refer to; the caller removes it. */
export class KubeconfigFolder {
  readonly path = mkdtempSync(join(tmpdir(), "kubeconfig-"));

  /** Writes a file of the folder and returns its path. */
  write(name: string, content: string): string {
    const path = join(this.path, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  /** Writes a kubeconfig with one context, `test`, and returns its path. */
  kubeconfig({ cluster = {}, user = {}, namespace }: KubeconfigContent, name = "config"): string {
    return this.write(
      name,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        "current-context": "test",
        clusters: [{ name: "cluster", cluster: { server: "https://127.0.0.1:1", ...cluster } }],
        users: [{ name: "user", user }],
        contexts: [{ name: "test", context: { cluster: "cluster", user: "user", namespace } }],
      }),
    );
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
