import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

const PEM_BLOCK = /-----BEGIN ([^-\r\n]+)-----[^]*?-----END \1-----/g;
const PRIVATE_KEY = /^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/;

/** What keeps a text from being a certificate authority; undefined when its first PEM block is a certificate. */
export function authorityProblem(text: string): string | undefined {
  const [block] = text.match(PEM_BLOCK) ?? [];
  if (block === undefined) return "has no PEM block";
  return certificateOf(block) === undefined ? "the first PEM block is no X.509 certificate" : undefined;
}

/** What keeps a certificate and a private key from being a pair; undefined when they are. */
export function keyPairProblem(certificate: string, key: string): string | undefined {
  const blocks = certificate.match(PEM_BLOCK) ?? [];
  const leaf = blocks.map((block) => certificateOf(block)).find((each) => each !== undefined);
  if (leaf === undefined) return "has no PEM block of an X.509 certificate";
  const privateKey = privateKeyOf((key.match(PEM_BLOCK) ?? []).find((block) => PRIVATE_KEY.test(block)) ?? "");
  if (privateKey === undefined) return "has a certificate, but keySecret has no PEM block of a private key";
  return leaf.checkPrivateKey(privateKey) ? undefined : "does not belong to the private key in keySecret";
}

function certificateOf(block: string): X509Certificate | undefined {
  try {
    return block.startsWith("-----BEGIN CERTIFICATE-----") ? new X509Certificate(block) : undefined;
  } catch {
    return undefined;
  }
}

function privateKeyOf(block: string): KeyObject | undefined {
  try {
    return createPrivateKey(block);
  } catch {
    return undefined;
  }
}
