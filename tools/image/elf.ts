/** What a program or library asks of the system that loads it. */
export interface ElfNeeds {
  /** The program that loads it, such as `/lib64/ld-linux-x86-64.so.2`; undefined for most libraries. */
  readonly interpreter: string | undefined;
  /** Names of libraries, such as `libc.so.6`. */
  readonly libraries: readonly string[];
}

const MAGIC = 0x7f454c46;
const [CLASS_64, LITTLE_ENDIAN] = [2, 1];
const [PT_LOAD, PT_DYNAMIC, PT_INTERP] = [1, 2, 3];
const [DT_NEEDED, DT_STRTAB] = [1n, 5n];
/** Sizes of an entry of the program headers and of the dynamic section. */
const [HEADER_BYTES, DYNAMIC_BYTES] = [56, 16];

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/**
 * Reads a 64-bit little-endian ELF file. Source of the format: elf(5).
 *
 * @throws Error for anything else.
 */
export function readElfNeeds(file: Buffer, name: string): ElfNeeds {
  if (file.length < 64 || file.readUInt32BE(0) !== MAGIC || file[4] !== CLASS_64 || file[5] !== LITTLE_ENDIAN) {
    throw new Error(`${name} is not a 64-bit little-endian ELF file: images can be built for x64 and arm64 only`);
  }
  const segments = segmentsOf(file);
  const interpreter = segments.find(({ type }) => type === PT_INTERP);
  return {
    interpreter: interpreter && textAt(file, interpreter.offset),
    libraries: librariesOf(file, segments, name),
  };
}

function segmentsOf(file: Buffer): readonly Segment[] {
  const start = Number(file.readBigUInt64LE(32));
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const at = start + index * HEADER_BYTES;
    return {
      type: file.readUInt32LE(at),
      offset: Number(file.readBigUInt64LE(at + 8)),
      address: Number(file.readBigUInt64LE(at + 16)),
      size: Number(file.readBigUInt64LE(at + 32)),
    };
  });
}

function librariesOf(file: Buffer, segments: readonly Segment[], name: string): readonly string[] {
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (dynamic === undefined) return [];
  const entries = Array.from({ length: dynamic.size / DYNAMIC_BYTES }, (_, index) => {
    const at = dynamic.offset + index * DYNAMIC_BYTES;
    return { tag: file.readBigUInt64LE(at), value: Number(file.readBigUInt64LE(at + 8)) };
  });
  const table = entries.find(({ tag }) => tag === DT_STRTAB)?.value;
  const home = segments.find(
    ({ type, address, size }) => type === PT_LOAD && table !== undefined && address <= table && table < address + size,
  );
  if (table === undefined || home === undefined) throw new Error(`${name} has no table of library names`);
  const offset = table - home.address + home.offset;
  return entries.filter(({ tag }) => tag === DT_NEEDED).map(({ value }) => textAt(file, offset + value));
}

function textAt(file: Buffer, at: number): string {
  return file.toString("utf8", at, file.indexOf(0, at));
}
