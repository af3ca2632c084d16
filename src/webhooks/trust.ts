import { isFreeForm } from "../api/opentelemetry/components.ts";
import type { KubeObject } from "../api/meta.ts";
import { RESOURCES, type ResourceType } from "../api/resource-type.ts";

/** Where API servers are told how to reach webhooks and whom to trust: pure, without any I/O. */

const admissionType = (kind: string, plural: string): ResourceType => ({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind,
  plural,
  namespaced: false,
});

/** The objects whose webhooks are this operator's, by type and name. The names are those of the Go operator. */
export const TRUSTING_OBJECTS: readonly { readonly type: ResourceType; readonly name: string }[] = [
  { type: RESOURCES.CustomResourceDefinition, name: "opentelemetrycollectors.opentelemetry.io" },
  {
    type: admissionType("MutatingWebhookConfiguration", "mutatingwebhookconfigurations"),
    name: "opentelemetry-operator-mutating-webhook-configuration",
  },
  {
    type: admissionType("ValidatingWebhookConfiguration", "validatingwebhookconfigurations"),
    name: "opentelemetry-operator-validating-webhook-configuration",
  },
];

interface ClientConfig {
  readonly url?: string;
  readonly service?: { readonly namespace?: string; readonly name?: string };
  readonly caBundle?: string;
}

/** The Service by which API servers call. */
export interface WebhookService {
  readonly namespace: string;
  readonly name: string;
}

interface Trusting extends KubeObject {
  readonly spec?: { readonly conversion?: { readonly webhook?: { readonly clientConfig?: ClientConfig } } };
  readonly webhooks?: readonly { readonly clientConfig: ClientConfig }[];
}

const CERT_MANAGER = /^cert-manager\.io\/inject-/;

/** Whether every webhook of the object that is called by the service, or by a URL, trusts exactly the bundle. */
export function trusts(object: KubeObject, bundle: string, service: WebhookService): boolean {
  return trustPatch(object, bundle, service) === undefined;
}

/**
 * The merge patch after which the object's webhooks trust the bundle; undefined when they do. It changes nothing else,
 * and nothing of an object that cert-manager looks after.
 */
export function trustPatch(object: KubeObject, bundle: string, service: WebhookService): object | undefined {
  const { metadata, spec, webhooks } = object as Trusting;
  if (Object.keys(metadata.annotations ?? {}).some((name) => CERT_MANAGER.test(name))) return undefined;
  const caBundle = Buffer.from(bundle).toString("base64");
  const isDue = (config: ClientConfig | undefined): boolean =>
    config !== undefined && isOurs(config, service) && config.caBundle !== caBundle;
  const { resourceVersion } = metadata;
  const parts = {
    ...(isDue(spec?.conversion?.webhook?.clientConfig)
      ? { spec: { conversion: { webhook: { clientConfig: { caBundle } } } } }
      : {}),
    ...(webhooks?.some(({ clientConfig }) => isDue(clientConfig)) === true
      ? { webhooks: webhooks.map((each) => (isDue(each.clientConfig) ? withBundle(each, caBundle) : each)) }
      : {}),
  };
  return isFreeForm(parts) && Object.keys(parts).length === 0 ? undefined : { metadata: { resourceVersion }, ...parts };
}

function isOurs({ url, service }: ClientConfig, { namespace, name }: WebhookService): boolean {
  return url !== undefined || (service?.namespace === namespace && service.name === name);
}

function withBundle<W extends { readonly clientConfig: ClientConfig }>(webhook: W, caBundle: string): W {
  return { ...webhook, clientConfig: { ...webhook.clientConfig, caBundle } };
}
