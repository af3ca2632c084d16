import type { RequestHandler } from "express";
import type { ServedAllocation } from "../served-allocation.ts";
import type { Parameter } from "./query.ts";
import type { SCHEMAS } from "./schemas.ts";

/** One thing that can be asked; from these come the routes and the OpenAPI document. */
export interface Operation {
  /** Below the allocation's own path, with `:name` for parameters. */
  readonly path: string;
  /** Names it for programs that are made from the document. */
  readonly id: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  /** Of the answer. */
  readonly schema: keyof typeof SCHEMAS;
  readonly handler: (allocation: ServedAllocation) => RequestHandler;
}
