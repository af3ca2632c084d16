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
 * Makes the API server call webhooks by a URL on this machine in the place of the Service, which has no pods here. Whom it
 * trusts is left as it is.
 */
export async function callWebhooksAt(plane: ControlPlane, port: number): Promise<void> {
  const kinds = [...CALLING_KINDS].join(",");
  const live = JSON.parse(await plane.kubectl(["get", kinds, "-o", "json"])) as {
    readonly items: readonly KubeObject[];
  };
  await plane.kubectl(["replace", "-f", "-"], JSON.stringify(withUrls(live, port)));
}

/** Takes away the URL of {@link callWebhooksAt}, which a manifest with a Service cannot be applied over. */
export async function callNoConversionWebhook(plane: ControlPlane): Promise<void> {
  const patch = JSON.stringify({ spec: { conversion: { strategy: "None", webhook: null } } });
  const crd = "opentelemetrycollectors.opentelemetry.io";
  await plane.kubectl(["patch", "crd", crd, "--type=merge", "-p", patch]);
}

function withUrls<T>(value: T, port: number): T {
  return JSON.parse(JSON.stringify(value), (key, member: unknown): unknown => {
    if (key !== "clientConfig") return member;
    const { service, ...others } = member as ClientConfig;
    return service === undefined ? member : { ...others, url: `https://127.0.0.1:${port}${service.path}` };
  }) as T;
}

/** Installs CRDs and webhook configurations that call webhooks at the port, and waits until both versions are served. */
export async function installWebhooks(plane: ControlPlane, port: number): Promise<void> {
  const items = renderKustomization("default").filter(({ kind }) => CALLING_KINDS.has(kind));
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: withUrls(items, port) });
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
  const text = await plane.kubectl(["get", [...CALLING_KINDS].join(","), "-o", "json"]);
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
