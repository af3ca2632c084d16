import { expect, it } from "@jest/globals";

import { signOsc } from "../../../src/discovery/outscale/osc-signature.ts";

it("signs a request exactly as curl does with --aws-sigv4 osc", () => {
  const request = {
    url: new URL("http://api.eu-west-2.outscale.com/api/v1/ReadVms"),
    contentType: "application/json",
    body: '{"NextPageToken":"2"}',
  };
  const credentials = { accessKey: "ACCESSKEY0123456789A", secretKey: "SECRET0123456789", region: "eu-west-2" };
  expect(signOsc(request, credentials, Date.UTC(2026, 10, 23, 18, 34, 31, 999))).toEqual({
    authorization:
      "OSC4-HMAC-SHA256 Credential=ACCESSKEY0123456789A/20261123/eu-west-2/api/osc4_request, " +
      "SignedHeaders=content-type;host;x-osc-date, " +
      "Signature=ac89a207db88ddbc6ff9f6a2c56dad2c4a0dc10cf1f204788c388ae5fa2a8650",
    "x-osc-date": "20261123T183431Z",
  });
});
