import type { Request } from "express";
import { queryParameters } from "../query-parameters.ts";
import type { Schema } from "./schema.ts";

/** A parameter of an operation, of its path or its query. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly description: string;
  readonly schema: Schema;
  readonly required?: boolean;
}

const MOST_ITEMS = 1_000;
const DEFAULT_ITEMS = 100;

/** What every operation with pages takes. */
export const PAGE_PARAMETERS: readonly Parameter[] = [
  {
    name: "limit",
    in: "query",
    description: "How many items at most.",
    schema: { type: "integer", minimum: 1, maximum: MOST_ITEMS, default: DEFAULT_ITEMS },
  },
  {
    name: "offset",
    in: "query",
    description: "How many items to leave out before.",
    schema: { type: "integer", minimum: 0, default: 0 },
  },
];

/** Which items are wanted. */
export interface PageQuery {
  readonly offset: number;
  readonly limit: number;
}

/** The query cannot be answered; the message is for whoever wrote it. */
export class QueryError extends Error {
  readonly code = "BAD_QUERY";
  override readonly name = "QueryError";
}

/**
 * Checks that a request has no parameters that its operation does not take: a mistyped filter would find everything.
 *
 * @throws QueryError
 */
export function checkQuery(request: Request, parameters: readonly Parameter[]): void {
  const known = parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name);
  for (const name of queryParameters(request).keys()) {
    if (known.includes(name)) continue;
    const taken = known.length === 0 ? "it takes none" : `it takes ${known.join(", ")}`;
    throw new QueryError(`there is no parameter ${JSON.stringify(name)}; ${taken}`);
  }
}

/** @throws QueryError */
export function readPage(query: URLSearchParams): PageQuery {
  const limit = wholeNumber(query, "limit", DEFAULT_ITEMS);
  if (limit < 1 || limit > MOST_ITEMS) {
    throw new QueryError(`limit must be a whole number from 1 to ${String(MOST_ITEMS)}`);
  }
  return { limit, offset: wholeNumber(query, "offset", 0) };
}

function wholeNumber(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  if (!/^\d{1,9}$/.test(text))
    throw new QueryError(`${name} must be a whole number, such as ${name}=${String(fallback)}`);
  return Number(text);
}
