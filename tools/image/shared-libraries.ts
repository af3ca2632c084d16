import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { readElfNeeds } from "./elf.ts";

/** A library, or the program that loads libraries, on this machine. */
export interface SharedLibrary {
  /** Where programs look for it. */
  readonly path: string;
  /** The file without links. */
  readonly source: string;
}

const TRIPLETS: Readonly<Record<string, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

/** What a program needs of this machine to be started, with what that needs in turn; in order of their paths. */
export function sharedLibrariesOf(program: string): readonly SharedLibrary[] {
  const found = new Map<string, SharedLibrary>();
  const waiting = [program];
  for (const file of waiting) {
    const { interpreter, libraries } = readElfNeeds(readFileSync(file), file);
    // First the loader: the C library asks for it by its name, and gets the one that the program named by its path.
    const paths = [
      ...(interpreter === undefined ? [] : [interpreter]),
      ...libraries.map((library) => locate(library, file)),
    ];
    for (const path of paths) {
      if (found.has(basename(path))) continue;
      const source = realpathSync(path);
      found.set(basename(path), { path, source });
      waiting.push(source);
    }
  }
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** What Debian says about the rights to a library's package: name of the package → text. */
export function copyrightsOf(libraries: readonly SharedLibrary[]): ReadonlyMap<string, string> {
  const names = new Set(libraries.map(({ source }) => packageOf(source)));
  return new Map([...names].toSorted().map((name) => [name, readFileSync(`/usr/share/doc/${name}/copyright`, "utf8")]));
}

function locate(library: string, neededBy: string): string {
  const triplet = TRIPLETS[process.arch] ?? "";
  const folders = [`/lib/${triplet}`, `/usr/lib/${triplet}`, "/lib64", "/usr/lib64", "/lib", "/usr/lib"];
  const path = folders.map((folder) => join(folder, library)).find((candidate) => existsSync(candidate));
  if (path !== undefined) return path;
  throw new Error(
    `${neededBy} needs ${library}, which is in none of ${folders.join(", ")}: install the package that brings it ` +
      "(on Debian libatomic1, libstdc++6, libc6)",
  );
}

/** The Debian package of a file; its database has some files below /lib that are below /usr/lib by a link. */
function packageOf(file: string): string {
  const names = [file, file.replace(/^\/usr(?=\/lib)/, "")];
  for (const name of names) {
    const answer = askDpkg(name);
    if (answer !== undefined) return answer;
  }
  throw new Error(`no Debian package owns ${file}, so its licence is not known: build the image on Debian or Ubuntu`);
}

function askDpkg(file: string): string | undefined {
  try {
    const answer = execFileSync("dpkg-query", ["-S", file], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return /^[^:]+/.exec(answer)?.[0];
  } catch {
    return undefined;
  }
}
