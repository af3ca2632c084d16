import { describe, expect, it } from "@jest/globals";

import { trustPatch, trusts } from "../../src/webhooks/trust.ts";

const SERVICE = { namespace: "otel", name: "webhooks" };
const BUNDLE = "authorities";
const caBundle = Buffer.from(BUNDLE).toString("base64");
const OURS = { service: { ...SERVICE, path: "/x" } };
const OTHERS = { service: { namespace: "other", name: "webhooks" }, caBundle: "old" };

const configuration = (clientConfigs: readonly object[], annotations = {}): never =>
  ({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "c", resourceVersion: "7", annotations },
    webhooks: clientConfigs.map((clientConfig, index) => ({ name: `w-${index}`, clientConfig, rules: ["kept"] })),
  }) as never;

const definition = (conversion?: object): never =>
  ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "C",
    metadata: { name: "c", resourceVersion: "7" },
    spec: { conversion },
  }) as never;

describe("trustPatch", () => {
  it("gives the bundle to the webhooks that are called by the service or a URL, and leaves all else as it is", () => {
    const url = { url: "https://127.0.0.1:1/x", caBundle: "old" };
    expect(trustPatch(configuration([OURS, OTHERS, url]), BUNDLE, SERVICE)).toEqual({
      metadata: { resourceVersion: "7" },
      webhooks: [
        { name: "w-0", clientConfig: { ...OURS, caBundle }, rules: ["kept"] },
        { name: "w-1", clientConfig: OTHERS, rules: ["kept"] },
        { name: "w-2", clientConfig: { ...url, caBundle }, rules: ["kept"] },
      ],
    });
  });

  it("gives it to a conversion webhook", () => {
    expect(trustPatch(definition({ strategy: "Webhook", webhook: { clientConfig: OURS } }), BUNDLE, SERVICE)).toEqual({
      metadata: { resourceVersion: "7" },
      spec: { conversion: { webhook: { clientConfig: { caBundle } } } },
    });
  });

  it.each([
    { name: "who has it", object: configuration([{ ...OURS, caBundle }]) },
    { name: "webhooks of others", object: configuration([OTHERS]) },
    {
      name: "what cert-manager looks after",
      object: configuration([OURS], { "cert-manager.io/inject-ca-from": "a/b" }),
    },
    { name: "a definition without conversion", object: definition() },
    { name: "a definition with another conversion", object: definition({ strategy: "None" }) },
  ])("leaves $name alone", ({ object }) => {
    expect(trustPatch(object, BUNDLE, SERVICE)).toBeUndefined();
    expect(trusts(object, BUNDLE, SERVICE)).toBe(true);
  });
});
