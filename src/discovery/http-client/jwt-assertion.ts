import { createPrivateKey, randomUUID, sign } from "node:crypto";

import type { OAuth2Settings } from "./settings.ts";

const DIGESTS: Readonly<Record<string, string>> = { RS256: "sha256", RS384: "sha384", RS512: "sha512" };
const VALID_FOR_SECONDS = 600;

/**
 * A signed statement of who the client is, for the jwt-bearer grant. Throws when the key is no RSA key in PEM.
 * https://www.rfc-editor.org/rfc/rfc7523
 *
 * @param now - Milliseconds since the epoch.
 */
export function createAssertion(settings: OAuth2Settings, privateKey: string, now: number): string {
  const { clientId, issuer, audience, tokenUrl, scopes, claims, keyId } = settings;
  const algorithm = settings.algorithm === "" ? "RS256" : settings.algorithm;
  const issuedAt = Math.floor(now / 1_000);
  const header = { alg: algorithm, typ: "JWT", ...(keyId === "" ? {} : { kid: keyId }) };
  const statement = {
    iss: issuer === "" ? clientId : issuer,
    sub: clientId,
    aud: audience === "" ? tokenUrl : audience,
    jti: randomUUID(),
    iat: issuedAt,
    exp: issuedAt + VALID_FOR_SECONDS,
    ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }),
    ...claims,
  };
  const signed = `${encode(header)}.${encode(statement)}`;
  const signature = sign(DIGESTS[algorithm], Buffer.from(signed), rsaKey(privateKey));
  return `${signed}.${signature.toString("base64url")}`;
}

function rsaKey(pem: string): ReturnType<typeof createPrivateKey> {
  let key;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw new Error("oauth2.client_certificate_key is no private key in PEM", { cause: error });
  }
  if (key.asymmetricKeyType === "rsa") return key;
  throw new Error(`oauth2.client_certificate_key must be an RSA key, not ${key.asymmetricKeyType ?? "a secret"}`);
}

function encode(part: unknown): string {
  // Whole numbers of a configuration that a number cannot hold are bigint.
  const text = JSON.stringify(part, (_key, value: unknown) => (typeof value === "bigint" ? Number(value) : value));
  return Buffer.from(text).toString("base64url");
}
