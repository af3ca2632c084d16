/** Codes of Node and undici for a server that did not answer, in the words of somebody who must repair it. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused; check that the API server runs there and that the kubeconfig names the right one",
  ECONNRESET: "the connection was cut; check the API server and what lies between",
  EHOSTUNREACH: "no route to it; check the network and its policies",
  ENETUNREACH: "no route to it; check the network and its policies",
  ENOTFOUND: "its host name does not resolve; check the server in the kubeconfig and DNS",
  EAI_AGAIN: "its host name does not resolve now; check DNS",
  EPIPE: "the connection was cut; check the API server and what lies between",
  EPROTO: "it does not speak TLS; check http or https in the kubeconfig's server",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS; check http or https in the kubeconfig's server",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS; check http or https in the kubeconfig's server",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name; check the server in the kubeconfig",
  CERT_HAS_EXPIRED: "its certificate has expired; renew it",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not trusted; check certificate-authority in the kubeconfig",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not trusted; check certificate-authority in the kubeconfig",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is not trusted; check certificate-authority in the kubeconfig",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not trusted; check certificate-authority in the kubeconfig",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time; check the network and its policies",
  UND_ERR_HEADERS_TIMEOUT: "it did not answer in time; check its load",
  UND_ERR_SOCKET: "the connection was cut; check the API server and what lies between",
};

/** Where somebody has written how a server is reached; advice names the place. */
export type WrittenIn = "kubeconfig" | "api_server";

/** The places of a kubeconfig, and what stands for them beside the `api_server` of a job. */
const BESIDE_API_SERVER: readonly (readonly [kubeconfig: string, job: string])[] = [
  ["the kubeconfig names the right one", "api_server names the right one"],
  ["the kubeconfig's server", "api_server"],
  ["the server in the kubeconfig", "api_server"],
  ["certificate-authority in the kubeconfig", "tls_config beside api_server"],
  ["the credentials in the kubeconfig", "the credentials beside api_server"],
];

/** Advice of a kubeconfig's places, for where the settings really stand. */
export function adviceFor(writtenIn: WrittenIn, advice: string): string {
  if (writtenIn === "kubeconfig") return advice;
  return BESIDE_API_SERVER.reduce((text, [kubeconfig, job]) => text.replace(kubeconfig, job), advice);
}

/** Why no answer came from a server: `no answer from https://10.0.0.1: connection refused; check …`. */
export function explainNoAnswer(error: unknown, server: string): string {
  const code = codeOf(error);
  const explanation = EXPLANATIONS[code];
  if (explanation !== undefined) return `no answer from ${server}: ${explanation} (${code})`;
  return `no answer from ${server}: ${asFailure(error).message ?? String(error)}`;
}

/** True for a connection that broke, such as a kept one that the server closed as we used it. */
export function isBrokenConnection(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"].includes(codeOf(error));
}

/** As much of an error as is looked at. */
interface Failure {
  readonly code?: string;
  readonly message?: string;
  readonly cause?: unknown;
  /** Of an AggregateError: several addresses of one host fail together. */
  readonly errors?: readonly unknown[];
}

function asFailure(error: unknown): Failure {
  return typeof error === "object" && error !== null ? error : {};
}

/** The code of the error or of what it wraps; "" without one. */
function codeOf(error: unknown): string {
  const { code, cause, errors } = asFailure(error);
  if (typeof code === "string") return code;
  const inner = errors?.[0] ?? cause;
  return inner === undefined ? "" : codeOf(inner);
}
