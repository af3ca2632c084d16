/** An element of an XML document. */
export interface XmlElement {
  /** Without a namespace prefix. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly in it, without the text of its children. */
  readonly text: string;
  /** Everything between its tags, as it was written. */
  readonly innerXml: string;
}

/** A text is no XML, or uses what is not read here. */
export class XmlError extends Error {
  readonly code = "XML_INVALID";
  override readonly name = "XmlError";
}

/** Deeper than any document that is read here; a bound for those who nest without end. */
const MAX_DEPTH = 100;
const NAME = String.raw`[\p{L}_][\p{L}\p{N}_.:-]*`;
const ATTRIBUTES = String.raw`(?:\s+${NAME}\s*=\s*(?:"[^"<]*"|'[^'<]*'))*`;
/** One piece of a document, where a search stands. */
const PIECE = new RegExp(
  [
    String.raw`<!--(?:(?!--)[\s\S])*-->`,
    String.raw`<\?(?<instruction>[\s\S]*?)\?>`,
    String.raw`<!\[CDATA\[(?<cdata>[\s\S]*?)\]\]>`,
    String.raw`<\/(?<closed>${NAME})\s*>`,
    String.raw`<(?<opened>${NAME})(?<attributes>${ATTRIBUTES})\s*(?<empty>\/?)>`,
    "(?<text>[^<]+)",
  ].join("|"),
  "uy",
);
const ATTRIBUTE = new RegExp(String.raw`(?<name>${NAME})\s*=\s*(?:"(?<double>[^"]*)"|'(?<single>[^']*)')`, "gu");
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** An element whose end has not come yet. */
interface OpenElement {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  readonly contentAt: number;
  text: string;
}

/**
 * Reads an XML document in UTF-8, and answers its root. Only what data needs: elements, attributes, texts, CDATA, the
 * predefined entities and character references. There are no document types, so nothing can be expanded or fetched.
 *
 * Throws XmlError for everything that is not well-formed, with where it is.
 */
export function parseXml(text: string): XmlElement {
  const top: OpenElement = { tag: "", attributes: new Map(), children: [], contentAt: 0, text: "" };
  const open: OpenElement[] = [top];
  const source = text.replace(/^\uFEFF/, "");
  for (let at = 0; at < source.length;) {
    PIECE.lastIndex = at;
    const piece = PIECE.exec(source);
    if (piece === null) throw new XmlError(`${placeOf(source, at)}: no XML from here: ${excerpt(source, at)}`);
    take(piece, source, open);
    at = PIECE.lastIndex;
  }
  const [root, ...others] = top.children;
  if (open.length > 1) throw new XmlError(`<${open.at(-1)?.tag ?? ""}> has no end`);
  if (root === undefined || others.length > 0 || top.text.trim() !== "") {
    throw new XmlError("a document must have one element, and everything in it");
  }
  return root;
}

function take(piece: RegExpExecArray, source: string, open: OpenElement[]): void {
  const { instruction, cdata, closed, opened, text } = piece.groups ?? {};
  const current = open.at(-1) as OpenElement;
  const at = piece.index;
  if (text !== undefined) current.text += unescaped(text, source, at);
  else if (cdata !== undefined) current.text += cdata;
  else if (closed !== undefined) close(closed, piece, source, open);
  else if (opened !== undefined) start(opened, piece, source, open);
  else if (/^xml\s[\s\S]*encoding\s*=\s*["'](?!utf-8["'])/i.test(instruction ?? "")) {
    throw new XmlError(`${placeOf(source, at)}: the encoding must be UTF-8`);
  }
}

function start(tag: string, piece: RegExpExecArray, source: string, open: OpenElement[]): void {
  const { attributes = "", empty } = piece.groups ?? {};
  if (open.length > MAX_DEPTH) throw new XmlError(`${placeOf(source, piece.index)}: more than ${MAX_DEPTH} levels`);
  const contentAt = piece.index + piece[0].length;
  const values = attributesOf(attributes, source, piece.index);
  if (empty === "") {
    open.push({ tag, attributes: values, children: [], contentAt, text: "" });
  } else {
    const element = { name: localName(tag), attributes: values, children: [], text: "", innerXml: "" };
    open.at(-1)?.children.push(element);
  }
}

function close(tag: string, piece: RegExpExecArray, source: string, open: OpenElement[]): void {
  const element = open.pop();
  if (element?.tag !== tag) {
    const expected = element === undefined || element.tag === "" ? "nothing is open" : `<${element.tag}> is open`;
    throw new XmlError(`${placeOf(source, piece.index)}: </${tag}> ends what was not begun: ${expected}`);
  }
  const { attributes, children, text, contentAt } = element;
  const innerXml = source.slice(contentAt, piece.index);
  open.at(-1)?.children.push({ name: localName(tag), attributes, children, text, innerXml });
}

function attributesOf(text: string, source: string, at: number): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { groups } of text.matchAll(ATTRIBUTE)) {
    const { name = "", double, single } = groups ?? {};
    if (values.has(name)) throw new XmlError(`${placeOf(source, at)}: ${name} is given twice`);
    values.set(name, unescaped(double ?? single ?? "", source, at));
  }
  return values;
}

function unescaped(text: string, source: string, at: number): string {
  if (!text.includes("&")) return text;
  return text.replaceAll(/&(?:(?<name>\w+)|#(?<decimal>\d+)|#x(?<hex>[\da-fA-F]+));|&/g, (match, ...rest) => {
    const groups = rest.at(-1) as Readonly<Record<string, string | undefined>>;
    const { name, decimal, hex } = groups;
    const known = name === undefined ? characterOf(decimal, hex) : ENTITIES[name];
    if (known === undefined) throw new XmlError(`${placeOf(source, at)}: ${match} stands for nothing that is known`);
    return known;
  });
}

function characterOf(decimal: string | undefined, hex: string | undefined): string | undefined {
  const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
  const isCharacter = code > 0 && code <= 0x10_ffff && !(code >= 0xd8_00 && code <= 0xdf_ff);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}

function localName(tag: string): string {
  return tag.slice(tag.indexOf(":") + 1);
}

function placeOf(source: string, at: number): string {
  return `line ${String(source.slice(0, at).split("\n").length)}`;
}

function excerpt(source: string, at: number): string {
  return JSON.stringify(source.slice(at, at + 40));
}
