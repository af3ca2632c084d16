import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { eventually } from "./eventually.ts";
import { type Program, freeAddress, startProgram } from "./program.ts";

const EXAMPLE = join(ROOT, "examples", "quickstart");
const RESOURCE = "/namespaces/default/opentelemetrycollectors/quickstart";

type Targets = readonly { readonly targets: readonly string[] }[];

/** `otel-allocator dev` over a copy of examples/quickstart that a test may edit. */
export class Quickstart {
  readonly program: Program;
  /** The copied manifests. */
  readonly manifests: string;
  readonly #dir: string;

  private constructor(program: Program, manifests: string, dir: string) {
    this.program = program;
    this.manifests = manifests;
    this.#dir = dir;
  }

  /** Starts it and waits until it serves and has said what to try. */
  static async start(): Promise<Quickstart> {
    const dir = mkdtempSync(join(tmpdir(), "quickstart-"));
    const manifests = join(dir, "quickstart");
    cpSync(EXAMPLE, manifests, { recursive: true, filter: (path) => !path.includes(".cluster") });
    const address = await freeAddress();
    const args = ["dev", manifests, `--listen-addr=${address}`];
    const program = startProgram({ args, dir, name: "dev", url: `http://${address}` });
    await program.whenReady();
    const quickstart = new Quickstart(program, manifests, dir);
    await eventually(() => {
      if (!quickstart.screen.includes("try    curl")) throw new Error(`says nothing to try: ${quickstart.screen}`);
    });
    return quickstart;
  }

  /** Everything that stands on the terminal. */
  get screen(): string {
    return readFileSync(this.program.child.logPath, "utf8");
  }

  /** The address of the resource's page. */
  get page(): string {
    return `${this.program.url}${RESOURCE}/`;
  }

  /** Saves a manifest with other content. */
  edit(file: string, change: (text: string) => string): void {
    const path = join(this.manifests, file);
    writeFileSync(path, change(readFileSync(path, "utf8")));
  }

  /** Puts the manifests back as they were at the start. */
  restore(): void {
    for (const name of readdirSync(this.manifests)) {
      if (!name.startsWith(".")) rmSync(join(this.manifests, name));
    }
    for (const name of readdirSync(EXAMPLE)) {
      if (!name.startsWith(".")) cpSync(join(EXAMPLE, name), join(this.manifests, name));
    }
  }

  /** All objects that were written out, by `Kind name`. */
  written(): ReadonlyMap<string, unknown> {
    const dir = join(this.manifests, ".cluster", "default");
    const objects = readdirSync(dir).flatMap((name) =>
      parseAllDocuments(readFileSync(join(dir, name), "utf8")).map((document) => document.toJS() as Named),
    );
    return new Map(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]));
  }

  /** Who is told to scrape what: `job address` to the collectors in whose share it is, asked for one by one. */
  async owners(): Promise<ReadonlyMap<string, readonly string[]>> {
    const owners = new Map<string, string[]>();
    const jobs = Object.keys(await this.#json<object>("/jobs"));
    for (const job of jobs) {
      const shares = await this.#json<Record<string, { readonly _link: string }>>(`/jobs/${job}/targets`);
      for (const [collector, { _link: link }] of Object.entries(shares)) {
        const share = await this.#json<Targets>(link.slice(RESOURCE.length));
        for (const address of share.flatMap(({ targets }) => targets)) {
          const key = `${job} ${address}`;
          owners.set(key, [...(owners.get(key) ?? []), collector]);
        }
      }
    }
    return owners;
  }

  async stop(): Promise<void> {
    await this.program.child.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #json<T>(path: string): Promise<T> {
    const response = await fetch(`${this.program.url}${RESOURCE}${path}`);
    if (response.status !== 200) throw new Error(`GET ${path}: ${String(response.status)} ${await response.text()}`);
    return (await response.json()) as T;
  }
}

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}
