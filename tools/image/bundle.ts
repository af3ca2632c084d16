import { join } from "node:path";
import { build, type Metafile } from "esbuild";

/** Folder of the bundle's files, relative to the one that holds package.json. */
export const BUNDLE_FOLDER = "lib/js";
/** The file that Node.js is started with. */
export const BUNDLE_ENTRY = "main.js";

/** Also the threads that the program starts: they find their file by its name beside the program's. */
const ENTRIES = { main: "src/main.ts", "pack-file-thread": "src/commands/target-allocator/pack-file-thread.ts" };

/** esbuild leaves `require` of Node.js' own modules in packages that are CommonJS; modules have no `require`. */
const BANNER =
  'import { createRequire as createBundleRequire } from "node:module"; ' +
  "const require = createBundleRequire(import.meta.url);";

/** The program and the packages that it uses, as few files; what loads late is in files of its own. */
export interface Bundle {
  /** File name → text. The names of all but the entry follow from their content. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Paths from the root of the repository, of all sources that are in it. */
  readonly sources: readonly string[];
  /** Those of them that are read before the program looks at its command line. */
  readonly entrySources: readonly string[];
}

/** Bundles `src/main.ts` and its threads, of the repository in `root`. The same sources and packages give the same bytes. */
export async function buildBundle(root: string): Promise<Bundle> {
  const outdir = join(root, ".cache", "bundle");
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outdir,
    write: false,
    bundle: true,
    splitting: true,
    metafile: true,
    platform: "node",
    format: "esm",
    target: `node${process.versions.node}`,
    // Names stay, so that a stack trace can be read.
    minifySyntax: true,
    minifyWhitespace: true,
    // They are collected from the packages instead.
    legalComments: "none",
    banner: { js: BANNER },
    logLevel: "silent",
  });
  return {
    files: new Map(outputFiles.map(({ path, contents }) => [nameOf(path), contents])),
    sources: Object.keys(metafile.inputs).toSorted(),
    entrySources: sourcesFrom(BUNDLE_ENTRY, metafile),
  };
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** What is in a file and in those that it imports at once. */
function sourcesFrom(entry: string, metafile: Metafile): readonly string[] {
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [nameOf(path), output]));
  const chain = new Set([entry]);
  const sources = new Set<string>();
  // A set may grow while it is walked.
  for (const name of chain) {
    const { inputs = {}, imports = [] } = outputs.get(name) ?? {};
    for (const source of Object.keys(inputs)) sources.add(source);
    for (const { kind, path, external } of imports) {
      if (kind === "import-statement" && external !== true) chain.add(nameOf(path));
    }
  }
  return [...sources].toSorted();
}
