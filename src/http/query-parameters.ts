import type { Request } from "express";

/** The query of a request: all that follows the first question mark. The app has no query parser of its own. */
export function queryParameters({ originalUrl }: Request): URLSearchParams {
  const start = originalUrl.indexOf("?");
  return new URLSearchParams(start === -1 ? "" : originalUrl.slice(start));
}
