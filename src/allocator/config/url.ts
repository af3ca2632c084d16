/** Why a text is no URL. */
export interface UrlProblem {
  readonly problem: string;
}

const PARTS =
  /^(?:(?<scheme>[A-Za-z][\w+.-]*):)?(?:\/\/(?<authority>[^/?#]*))?(?<path>[^?#]*)(?<query>\?[^#]*)?(?:#(?<fragment>.*))?$/s;

/**
 * A URL as Go prints it after parsing: scheme in lower case, characters that need it escaped, the rest as written.
 * Relative references are URLs, too. https://pkg.go.dev/net/url#Parse
 */
export function normalizedUrl(text: string): string | UrlProblem {
  const parts = PARTS.exec(text)?.groups ?? {};
  const problem = problemOf(text, parts);
  if (problem !== undefined) return { problem };
  const { scheme, authority, path = "", query = "", fragment } = parts;
  // Behind a scheme without slashes stands an opaque text, which stays as it is.
  const opaque = scheme !== undefined && authority === undefined && !path.startsWith("/");
  return [
    scheme === undefined ? "" : `${scheme.toLowerCase()}:`,
    authority === undefined ? "" : `//${authority}`,
    opaque ? path : escaped(path),
    query,
    fragment === undefined ? "" : `#${escaped(fragment)}`,
  ].join("");
}

function problemOf(text: string, parts: Readonly<Record<string, string | undefined>>): string | undefined {
  const { scheme, authority, path = "", fragment = "" } = parts;
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) return "it has a control character";
  if (text.startsWith(":")) return "the scheme is missing";
  if (scheme === undefined && authority === undefined && /^[^/]*:/.test(path)) {
    return "the part before the first slash has a colon";
  }
  if (/%(?![\dA-Fa-f]{2})/.test(path + fragment + (authority ?? ""))) return "a % is not followed by two hex digits";
  return authority === undefined ? undefined : hostProblem(authority.slice(authority.lastIndexOf("@") + 1));
}

function hostProblem(host: string): string | undefined {
  if (/[\s"<>\\^`{|}]/.test(host)) return "the host has a character that is not allowed there";
  return /^(?:\[[^\]]*\]|[^:]*)(?::\d*)?$/.test(host) ? undefined : "the port is not a number";
}

function escaped(text: string): string {
  return text.replaceAll(/[^\w%!$&'()*+,./:;=@~-]/gu, (character) => encodeURIComponent(character));
}

/** The URL with `xxxxx` in place of its password. */
export function withMaskedPassword(url: string): string {
  return url.replace(/^([A-Za-z][\w+.-]*:)?\/\/([^/?#@:]*):[^/?#@]*@/, "$1//$2:xxxxx@");
}

/** The scheme and host of an absolute URL; undefined when it has not both. */
export function originOf(url: string): { readonly scheme: string; readonly host: string } | undefined {
  const parts = PARTS.exec(url)?.groups;
  const host = parts?.["authority"]?.replace(/^.*@/, "");
  const scheme = parts?.["scheme"];
  return scheme === undefined || host === undefined || host === "" ? undefined : { scheme: scheme.toLowerCase(), host };
}
