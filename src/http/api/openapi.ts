import type { Operation } from "./operation.ts";
import { reference, type Schema } from "./schema.ts";
import { SCHEMAS } from "./schemas.ts";

/** Of the API, not of the program: grows when something is added, and its first number when something is taken away. */
const API_VERSION = "1.0.0";

/** The description of the API, OpenAPI 3.1: https://spec.openapis.org/oas/v3.1.1.html */
export function openApiDocument(operations: readonly Operation[], base: string): Schema {
  return {
    openapi: "3.1.1",
    info: {
      title: "otel-allocator",
      version: API_VERSION,
      description: "What one allocation knows: who scrapes which target, and why. Read only.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: base === "" ? "/" : base }],
    paths: Object.fromEntries(operations.map((operation) => [toTemplate(operation.path), { get: toGet(operation) }])),
    components: { schemas: SCHEMAS },
  };
}

function toTemplate(path: string): string {
  return path.replaceAll(/:(\w+)/g, "{$1}");
}

function toGet({ id, summary, parameters, schema }: Operation): Schema {
  return {
    operationId: id,
    summary,
    parameters,
    responses: {
      "200": { description: "The answer.", content: json(reference(schema)) },
      default: {
        description: "400 for a bad query, 404 for a name that is not known, 503 before the first complete assignment.",
        content: json(reference("Error")),
      },
    },
  };
}

function json(schema: Schema): Schema {
  return { "application/json": { schema } };
}
