import type { KubeObject } from "../../src/api/meta.ts";
import type { ControlPlane } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { renderKustomization } from "./installation.ts";

/** What makes API servers call webhooks: the definition of collectors, and the configurations. */
const CALLING_KINDS = new Set([
  "CustomResourceDefinition",
  "MutatingWebhookConfiguration",
  "ValidatingWebhookConfiguration",
]);

interface ClientConfig {
  readonly service?: { readonly path: string };
  readonly url?: string;
}

/**
 * The objects of config/default that make an API server call webhooks, with a URL on this machine in the place of the
 * Service, which has no pods here.
 */
export function callingObjects(port: number): readonly KubeObject[] {
  const objects = renderKustomization("default").filter(({ kind }) => CALLING_KINDS.has(kind));
  return objects.map((object) => withUrls(object, port));
}

function withUrls<T>(value: T, port: number): T {
  return JSON.parse(JSON.stringify(value), (key, member: unknown): unknown => {
    const path = key === "clientConfig" ? (member as ClientConfig).service?.path : undefined;
    return path === undefined ? member : { url: `https://127.0.0.1:${port}${path}` };
  }) as T;
}

/** Installs CRDs and webhook configurations that call webhooks at the port, and waits until both versions are served. */
export async function installWebhooks(plane: ControlPlane, port: number): Promise<void> {
  const items = callingObjects(port);
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  await plane.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], list);
  await eventually(async () => plane.kubectl(["get", "opentelemetrycollectors.v1alpha1.opentelemetry.io", "-A"]));
  await eventually(async () => plane.kubectl(["get", "targetallocators", "-A"]));
}

/** Waits until everything that calls webhooks has been told whom to trust. */
export async function untilTrusted(plane: ControlPlane): Promise<void> {
  await eventually(
    async () => {
      if ((await trustedBundles(plane)).includes("")) throw new Error("a webhook has no caBundle");
    },
    { withinMs: 60_000 },
  );
}

/** The `caBundle`s of everything that calls webhooks, decoded; "" where there is none. */
export async function trustedBundles(plane: ControlPlane): Promise<readonly string[]> {
  const kinds = "crd,mutatingwebhookconfigurations,validatingwebhookconfigurations";
  const text = await plane.kubectl(["get", kinds, "-o", "json"]);
  const bundles: string[] = [];
  JSON.parse(text, (key, member: unknown) => {
    if (key === "clientConfig") {
      const { caBundle = "" } = member as { readonly caBundle?: string };
      bundles.push(Buffer.from(caBundle, "base64").toString());
    }
    return member;
  });
  return bundles;
}
