import { describe, expect, it } from "@jest/globals";
import { TlsCredentials } from "../../../src/http/mtls/tls-credentials.ts";
import { createCertificateAuthority } from "../../support/certificates.ts";

const authority = createCertificateAuthority();
const good = { "ca.crt": authority.cert, "tls.crt": authority.issue("DNS:a").cert, "tls.key": "" };
const pair = authority.issue("DNS:b");
good["tls.crt"] = pair.cert;
good["tls.key"] = pair.key;

const PATHS = { ca: "ca.crt", cert: "tls.crt", key: "tls.key" };

function credentialsOf(files: Readonly<Record<string, string | undefined>>): TlsCredentials {
  return new TlsCredentials(PATHS, async (path) => {
    const text = files[path];
    return text === undefined ? Promise.reject(new Error(`ENOENT: ${path}`)) : Promise.resolve(text);
  });
}

describe("the credentials of the HTTPS server", () => {
  it("are what the files hold, and unchanged while those are", async () => {
    const credentials = credentialsOf(good);
    expect(await credentials.refresh()).toBe(true);
    expect(credentials.material).toEqual({ ca: good["ca.crt"], cert: pair.cert, key: pair.key });
    expect(await credentials.refresh()).toBe(false);
  });

  it("are not there before the first look", () => {
    expect(() => credentialsOf(good).material).toThrow("have not been read yet");
  });

  it.each<[string, Readonly<Record<string, string | undefined>>, string]>([
    ["a missing CA", { "ca.crt": undefined }, "the CA file of the HTTPS server cannot be read: ca.crt"],
    [
      "a missing certificate",
      { "tls.crt": undefined },
      "the certificate file of the HTTPS server cannot be read: tls.crt",
    ],
    ["a missing key", { "tls.key": undefined }, "the key file of the HTTPS server cannot be read: tls.key"],
    ["an empty CA", { "ca.crt": "" }, "the CA file ca.crt has no PEM certificate"],
    ["a certificate that is none", { "tls.crt": "no PEM" }, "the certificate file tls.crt has no PEM certificate"],
    [
      "a damaged certificate",
      { "tls.crt": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" },
      "the certificate file tls.crt has a certificate that cannot be read",
    ],
    ["a key that is none", { "tls.key": "no PEM" }, "the key file tls.key has no usable private key"],
    [
      "the key of another certificate",
      { "tls.key": authority.key },
      "the key file tls.key is not the key of the certificate in tls.crt; both must be replaced together",
    ],
  ])("stay what they were after %s, which is told", async (_, broken, message) => {
    const files: Record<string, string | undefined> = { ...good };
    const credentials = credentialsOf(files);
    await credentials.refresh();
    const before = credentials.material;
    Object.assign(files, broken);
    await expect(credentials.refresh()).rejects.toMatchObject({ code: "TLS_FILES", message });
    expect(credentials.material).toBe(before);
  });
});
