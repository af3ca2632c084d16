import { STATUS_CODES } from "node:http";

import { errorMessage } from "../../observability/error-text.ts";

/** Codes of Node and undici for a server that did not answer, in the words of somebody who must repair it. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied; check who may use the socket",
  ECONNREFUSED: "connection refused; check that the server runs there",
  ECONNRESET: "the connection was cut; check the server and what lies between",
  EHOSTUNREACH: "no route to it; check the network and its policies",
  ENETUNREACH: "no route to it; check the network and its policies",
  ENOENT: "there is no such socket; check that the server runs here, and that its socket is mounted",
  ENOTFOUND: "the host name does not resolve; check it and DNS",
  EAI_AGAIN: "the host name does not resolve now; check DNS",
  EPIPE: "the connection was cut; check the server and what lies between",
  EPROTO: "it does not speak TLS; check http or https",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS; check http or https",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS; check http or https",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "it does not speak this version of TLS; check tls_config.min_version",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "it does not speak this version of TLS; check tls_config.min_version",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "it wants a client certificate; check tls_config.cert and key",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name; check the host and tls_config.server_name",
  CERT_HAS_EXPIRED: "its certificate has expired; renew it",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not trusted; check tls_config.ca",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not trusted; check tls_config.ca",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is not trusted; check tls_config.ca",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not trusted; check tls_config.ca",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time; check the network and its policies",
  UND_ERR_SOCKET: "the connection was cut; check the server and what lies between",
};

/** How much of an unwanted answer is shown, in bytes. */
export const SHOWN_BODY_BYTES = 200;

/** A request that gave no answer that could be used. The message begins with the method and the URL. */
export class HttpRequestError extends Error {
  readonly code = "HTTP_REQUEST_FAILED";
  override readonly name = "HttpRequestError";
  /** Undefined when there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly status?: number } = {}) {
    super(message, options);
    this.status = options.status;
  }
}

/** `GET http://host/path`: without user, password and query, which can hold credentials. */
export function requestName(method: string, url: URL): string {
  return `${method} ${url.protocol}//${url.host}${url.pathname}${url.search === "" ? "" : "?…"}`;
}

/** Why no answer came: `connection refused; check … (ECONNREFUSED)`. */
export function explainNoAnswer(error: unknown): string {
  const code = codeOf(error);
  const explanation = code === undefined ? undefined : EXPLANATIONS[code];
  if (code !== undefined && explanation !== undefined) return `${explanation} (${code})`;
  return errorMessage(error);
}

/** An answer that is not wanted: `HTTP 503 Service Unavailable: "try later"`. */
export function explainStatus(status: number, body: Buffer): string {
  const text = body.subarray(0, SHOWN_BODY_BYTES).toString("utf8").trim();
  const shown = text === "" ? "" : `: ${JSON.stringify(text)}${body.length > SHOWN_BODY_BYTES ? "…" : ""}`;
  return `HTTP ${String(status)} ${STATUS_CODES[status] ?? ""}`.trimEnd() + shown;
}

/** The code of the error or of what it wraps: several addresses of one host fail as an AggregateError. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code, errors, cause } = error as {
    readonly code?: unknown;
    readonly errors?: unknown;
    readonly cause?: unknown;
  };
  if (typeof code === "string") return code;
  return codeOf(Array.isArray(errors) ? errors[0] : cause);
}
