import { createPrivateKey, X509Certificate } from "node:crypto";

const PEM_BLOCK = /-----BEGIN ([^-\r\n]+)-----[^]*?-----END \1-----/g;

/** What keeps a text from being a certificate authority; undefined when its first PEM block is a certificate. */
export function authorityProblem(text: string): string | undefined {
  const [block] = text.match(PEM_BLOCK) ?? [];
  if (block === undefined) return "has no PEM block";
  try {
    certificateOf(block);
    return undefined;
  } catch (error) {
    return `the first PEM block is no X.509 certificate (${(error as Error).message})`;
  }
}

/** What keeps a certificate and a private key from being a pair; undefined when they are. */
export function keyPairProblem(certificate: string, key: string): string | undefined {
  const leaf = (certificate.match(PEM_BLOCK) ?? []).find((block) => block.startsWith("-----BEGIN CERTIFICATE-----"));
  const keyBlock = (key.match(PEM_BLOCK) ?? []).find((block) => /^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(block));
  if (leaf === undefined) return "the certificate has no PEM block of a certificate";
  if (keyBlock === undefined) return "the key has no PEM block of a private key";
  try {
    return certificateOf(leaf).checkPrivateKey(createPrivateKey(keyBlock))
      ? undefined
      : "the private key does not belong to the certificate";
  } catch (error) {
    return `certificate and key cannot be read (${(error as Error).message})`;
  }
}

function certificateOf(block: string): X509Certificate {
  if (!block.startsWith("-----BEGIN CERTIFICATE-----")) throw new Error("its type is another one");
  return new X509Certificate(block);
}
