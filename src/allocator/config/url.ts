/** Why a text is no URL. */
export interface UrlProblem {
  readonly problem: string;
}

const PARTS =
  /^(?:(?<scheme>[A-Za-z][A-Za-z\d+.-]*):)?(?:\/\/(?<authority>[^/?#]*))?(?<path>[^?#]*)(?:\?(?<query>[^#]*))?(?:#(?<fragment>.*))?$/s;

/** Which characters stand for themselves in a part of a URL; the others are escaped. */
interface Part {
  /** What Go leaves alone when it writes the part anew. */
  readonly plain: RegExp;
  /** What the part may consist of to be left as it was written. */
  readonly asWritten: RegExp;
}

const PATH: Part = { plain: /[\w$&+,/:;=@.~-]/, asWritten: /^[\w$&+,/:;=@.~!'()*[\]%-]*$/ };
const FRAGMENT: Part = { plain: /[\w$&+,/:;=?@.~!()*-]/, asWritten: /^[\w$&+,/:;=?@.~!'()*[\]%-]*$/ };
const USER: Part = { plain: /[\w$&+,;=.~-]/, asWritten: /^$/ };
const HOST: Part = { plain: /[\w!$&'()*+,;=:[\]<>".~-]/, asWritten: /^$/ };

/**
 * A URL as Go prints it after parsing: scheme in lower case, characters that need it escaped, the rest as written.
 * Relative references are URLs, too. https://pkg.go.dev/net/url#Parse
 */
export function normalizedUrl(text: string): string | UrlProblem {
  const parts = partsOf(text);
  const problem = problemOf(text, parts);
  if (problem !== undefined) return { problem };
  const { scheme, authority, path, query, fragment } = parts;
  return [
    scheme === undefined ? "" : `${scheme.toLowerCase()}:`,
    authority === undefined ? "" : writtenAuthority(authority, path, scheme),
    isOpaque(parts) ? path : written(path, PATH),
    query === undefined ? "" : `?${query}`,
    fragment === "" ? "" : `#${written(fragment, FRAGMENT)}`,
  ].join("");
}

interface UrlParts {
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string;
}

/** Behind a scheme without slashes stands an opaque text, which stays as it is. */
function isOpaque({ scheme, authority, path }: UrlParts): boolean {
  return scheme !== undefined && authority === undefined && !path.startsWith("/");
}

function partsOf(text: string): UrlParts {
  const groups = PARTS.exec(text)?.groups;
  const [scheme, authority, path = ""] = [groups?.["scheme"], groups?.["authority"], groups?.["path"]];
  const rest = { query: groups?.["query"], fragment: groups?.["fragment"] ?? "" };
  // Without a scheme, three slashes begin a path.
  const rooted = scheme === undefined && authority === "" && path.startsWith("/");
  return rooted ? { scheme, authority: undefined, path: `//${path}`, ...rest } : { scheme, authority, path, ...rest };
}

function problemOf(text: string, parts: UrlParts): string | undefined {
  const { scheme, authority, path, fragment } = parts;
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) return "it has a control character";
  if (text.startsWith(":")) return "the scheme is missing";
  if (scheme === undefined && authority === undefined && /^[^/]*:/.test(path)) {
    return "the part before the first slash has a colon";
  }
  const escapable = [authority, isOpaque(parts) ? "" : path, fragment].join("\n");
  if (/%(?![\dA-Fa-f]{2})/.test(escapable)) return "a % is not followed by two hex digits";
  return authority === undefined ? undefined : authorityProblem(authority);
}

function authorityProblem(authority: string): string | undefined {
  const { user, host } = splitAuthority(authority);
  if (user !== undefined && !/^[\w.:~!$&'()*+,;=%@-]*$/.test(user)) {
    return "the user name or password has a character that must be escaped";
  }
  if (/[\s\\^`{|}]/.test(host)) return "the host has a character that is not allowed there";
  if (/%(?!25)[0-7]/.test(host)) return "the host has an escaped ASCII character";
  return /^(?:\[[^\]]*\]|[^:]*)(?::\d*)?$/.test(host) ? undefined : "the port is not a number";
}

function splitAuthority(authority: string): { readonly user?: string; readonly host: string } {
  const at = authority.lastIndexOf("@");
  return at === -1 ? { host: authority } : { user: authority.slice(0, at), host: authority.slice(at + 1) };
}

function writtenAuthority(authority: string, path: string, scheme: string | undefined): string {
  const { user, host } = splitAuthority(authority);
  // Nothing but two slashes says nothing.
  if (authority === "" && path === "" && scheme === undefined) return "";
  const shownHost = host.startsWith("[") ? host : anew(host, HOST);
  if (user === undefined) return `//${shownHost}`;
  const colon = user.indexOf(":");
  const shownName = anew(colon === -1 ? user : user.slice(0, colon), USER);
  const password = colon === -1 ? "" : `:${anew(user.slice(colon + 1), USER)}`;
  return `//${shownName}${password}@${shownHost}`;
}

function written(text: string, part: Part): string {
  return part.asWritten.test(text) ? text : anew(text, part);
}

/** The text with every escape resolved and made again where the part needs it, byte by byte. */
function anew(text: string, { plain }: Part): string {
  const bytes = Buffer.from(text)
    .toString("latin1")
    .replaceAll(/%([\dA-Fa-f]{2})/g, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return bytes.replaceAll(/[^]/g, (byte) =>
    byte < "\u0080" && plain.test(byte) ? byte : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/**
 * The URL with `xxxxx` in place of its password. What stands where a port would, but is none, counts as one up to the
 * last `@` of all: a password that somebody forgot to escape.
 */
export function withMaskedPassword(url: string): string {
  return url.replace(/^([A-Za-z][\w+.-]*:)?\/\/([^/?#@:]*):(?:(?!\d*(?:[/?#]|$)).*|[^/?#]*)@/s, "$1//$2:xxxxx@");
}

/** The scheme and host of an absolute URL; undefined when it has not both. */
export function originOf(url: string): { readonly scheme: string; readonly host: string } | undefined {
  const parts = PARTS.exec(url)?.groups;
  const host = parts?.["authority"]?.replace(/^.*@/, "");
  const scheme = parts?.["scheme"];
  return scheme === undefined || host === undefined || host === "" ? undefined : { scheme: scheme.toLowerCase(), host };
}
