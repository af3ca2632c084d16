import { createServer } from "node:tls";
import { describe, expect, it } from "@jest/globals";
import { readSettings } from "../../src/options/sources.ts";
import { resolveTlsOptions, TLS_FLAGS, type TlsOptions } from "../../src/options/tls-options.ts";

const resolve = (argv: readonly string[]): TlsOptions => resolveTlsOptions(readSettings(TLS_FLAGS, argv, {}).values);

describe("resolveTlsOptions", () => {
  it.each<{ name: string; argv: string[]; want: TlsOptions }>([
    { name: "asks for TLS 1.2", argv: [], want: { minVersion: "TLSv1.2" } },
    { name: "can ask for TLS 1.3", argv: ["--tls-min-version=VersionTLS13"], want: { minVersion: "TLSv1.3" } },
    {
      name: "keeps the suites of TLS 1.3, whatever is chosen for 1.2",
      argv: ["--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_AES_128_GCM_SHA256"],
      want: {
        minVersion: "TLSv1.2",
        ciphers:
          "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES128-GCM-SHA256",
      },
    },
  ])("$name", ({ argv, want }) => {
    const options = resolve(argv);
    expect(options).toEqual(want);
    expect(() => createServer(options)).not.toThrow();
  });

  it.each([
    ["--tls-min-version=VersionTLS10", "must be one of VersionTLS12, VersionTLS13"],
    ["--tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA", "has TLS_RSA_WITH_RC4_128_SHA, which must be among TLS_ECDHE"],
  ])("refuses %s", (flag, want) => {
    expect(() => resolve([flag])).toThrow(want);
  });
});
