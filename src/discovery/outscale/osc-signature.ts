import { createHash, createHmac } from "node:crypto";

/** Whose key signs, and for which region. */
export interface OscCredentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
}

/** What is signed: a POST of JSON. */
export interface OscRequest {
  readonly url: URL;
  readonly contentType: string;
  readonly body: string;
}

const ALGORITHM = "OSC4-HMAC-SHA256";
const SERVICE = "api";
const TERMINATOR = "osc4_request";
const SIGNED_HEADERS = "content-type;host;x-osc-date";

/**
 * The headers that sign a request in Outscale's way, which is version 4 of AWS' signatures with other names.
 * https://docs.outscale.com/en/userguide/Signing-API-Requests.html
 *
 * @param now - Milliseconds since the epoch. A server accepts a signature for a few minutes.
 */
export function signOsc(
  { url, contentType, body }: OscRequest,
  { accessKey, secretKey, region }: OscCredentials,
  now: number,
): Readonly<Record<"authorization" | "x-osc-date", string>> {
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const scope = [time.slice(0, 8), region, SERVICE, TERMINATOR];
  const headers = [`content-type:${contentType}`, `host:${url.host}`, `x-osc-date:${time}`];
  const request = ["POST", url.pathname, "", ...headers, "", SIGNED_HEADERS, sha256(body)].join("\n");
  const text = [ALGORITHM, time, scope.join("/"), sha256(request)].join("\n");
  const key = scope.reduce<Buffer>(hmac, Buffer.from(`OSC4${secretKey}`));
  const signature = hmac(key, text).toString("hex");
  const credential = `${accessKey}/${scope.join("/")}`;
  return {
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${SIGNED_HEADERS}, Signature=${signature}`,
    "x-osc-date": time,
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
