/** Something that an image holds. Paths are relative to its root, without a slash at the start. */
export type ImageFile =
  | { readonly kind: "file"; readonly path: string; readonly content: Uint8Array; readonly executable?: boolean }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | { readonly kind: "directory"; readonly path: string; readonly mode: number };

const BLOCK = 512;
const MODES = { file: 0o644, program: 0o755, link: 0o777 };
const TYPE_FLAGS = { file: "0", link: "2", directory: "5" };

/**
 * An archive in the POSIX format (ustar), with the directories that the paths need. It depends on nothing but the
 * files: they are sorted, belong to root, and are of the beginning of 1970.
 *
 * @throws Error for a path of more than 100 bytes, or a link to one.
 */
export function toTar(files: readonly ImageFile[]): Buffer {
  const sorted = withDirectories(files).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const blocks = sorted.flatMap((file) => {
    const content = file.kind === "file" ? file.content : new Uint8Array();
    return [header(file, content.length), content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

/** The files, and the directories above them that are not among them. */
export function withDirectories(files: readonly ImageFile[]): readonly ImageFile[] {
  const known = new Set(files.map(({ path }) => path));
  const parents = new Set(files.flatMap(({ path }) => parentsOf(path)));
  const missing = [...parents].filter((path) => !known.has(path));
  return [...missing.map((path) => ({ kind: "directory", path, mode: 0o755 }) as const), ...files];
}

/** The permission bits of a file in the image. */
export function modeOf(file: ImageFile): number {
  if (file.kind === "directory") return file.mode;
  if (file.kind === "link") return MODES.link;
  return file.executable === true ? MODES.program : MODES.file;
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function header(file: ImageFile, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const name = file.kind === "directory" ? `${file.path}/` : file.path;
  const target = file.kind === "link" ? file.target : "";
  for (const text of [name, target]) {
    if (Buffer.byteLength(text) > 100) throw new Error(`an image holds no path of more than 100 bytes: ${text}`);
  }
  block.write(name, 0);
  block.write(octal(modeOf(file), 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  // The sum is that of the block with spaces in its own place.
  block.write(" ".repeat(8), 148);
  block.write(TYPE_FLAGS[file.kind], 156);
  block.write(target, 157);
  block.write("ustar\u000000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function octal(value: number, length: number): string {
  return `${value.toString(8).padStart(length - 1, "0")}\0`;
}
