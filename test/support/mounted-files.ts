import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A directory in a container that the kubelet fills: all its files are replaced at once, by one link that moves. */
export class MountedFiles {
  readonly dir: string;
  #version = 0;

  /** @param parent - Where the directory is made; whoever made that removes it. */
  constructor(parent: string) {
    this.dir = mkdtempSync(join(parent, "mount-"));
  }

  /** @param files - Name → text; from now on there are no others. */
  replace(files: Readonly<Record<string, string>>): void {
    this.#version += 1;
    const data = `..data-${String(this.#version)}`;
    mkdirSync(join(this.dir, data));
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(this.dir, data, name), text);
      rmSync(join(this.dir, name), { force: true });
      symlinkSync(join("..data", name), join(this.dir, name));
    }
    symlinkSync(data, join(this.dir, "..next"));
    renameSync(join(this.dir, "..next"), join(this.dir, "..data"));
  }
}
