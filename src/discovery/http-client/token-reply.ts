import { explainStatus } from "./http-error.ts";
import type { HttpReply } from "./http-exchange.ts";

/** An access token. */
export interface Token {
  /** As it stands in the Authorization header, such as `Bearer`. */
  readonly type: string;
  readonly value: string;
  /** Seconds from when it was given; 0 for no end. */
  readonly expiresIn: number;
}

/**
 * Reads the answer of a token endpoint: JSON, or a form from servers of old. Throws with what the server says is
 * wrong, whatever the status is.
 * https://www.rfc-editor.org/rfc/rfc6749#section-5
 */
export function readTokenReply(reply: HttpReply): Token {
  const fields = fieldsOf(reply);
  if (fields.error !== "") {
    const description = fields.errorDescription === "" ? "" : `: ${fields.errorDescription}`;
    throw new Error(`the server refused with ${fields.error}${description}`);
  }
  if (reply.status < 200 || reply.status > 299) throw new Error(explainStatus(reply.status, reply.body));
  if (fields.accessToken === "") throw new Error("the answer has no access_token");
  return { type: headerType(fields.tokenType), value: fields.accessToken, expiresIn: fields.expiresIn };
}

interface Fields {
  readonly accessToken: string;
  readonly tokenType: string;
  readonly expiresIn: number;
  readonly error: string;
  readonly errorDescription: string;
}

function fieldsOf(reply: HttpReply): Fields {
  const values = decoded(reply);
  const text = (key: string): string => {
    const value = values[key];
    return typeof value === "string" ? value : "";
  };
  return {
    accessToken: text("access_token"),
    tokenType: text("token_type"),
    // Some servers send it as a text.
    expiresIn: Math.trunc(Number(values["expires_in"] ?? 0)) || 0,
    error: text("error"),
    errorDescription: text("error_description"),
  };
}

function decoded({ status, body, header }: HttpReply): Readonly<Record<string, unknown>> {
  const text = body.toString("utf8");
  const [type = ""] = header("content-type").split(";");
  if (["application/x-www-form-urlencoded", "text/plain"].includes(type.trim().toLowerCase())) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch (error) {
    if (status < 200 || status > 299) return {};
    throw new Error("the answer is not JSON", { cause: error });
  }
}

/** The usual types in their usual case; others as the server writes them. */
function headerType(type: string): string {
  const known: Readonly<Record<string, string>> = { "": "Bearer", bearer: "Bearer", mac: "MAC", basic: "Basic" };
  return known[type.toLowerCase()] ?? type;
}
