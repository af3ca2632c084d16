import type { KubeObject, ObjectMeta } from "../../../src/api/meta.ts";
import { RESOURCES, type ResourceType } from "../../../src/api/resource-type.ts";
import type { KubeClient } from "../../../src/kube/client.ts";
import type { InformerFactory } from "../../../src/kube/informer.ts";

/** A cluster that the contract is tested against. */
export interface ContractWorld {
  client(fieldManager: string): KubeClient;
  readonly informers: InformerFactory;
  stop(): Promise<void>;
}

/** A custom kind with a status subresource, made for the contract. */
export const WIDGET: ResourceType = {
  group: "contract.example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
};

/** An object whose content is up to the test. */
export type AnyObject = KubeObject & {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
};

/** What a test says of an object besides its name. */
type Given = Omit<Partial<AnyObject>, "metadata"> & { readonly metadata?: Partial<ObjectMeta> };

/** Objects of one namespace of one test. */
export interface Scene {
  readonly namespace: string;
  readonly client: KubeClient;
  readonly configMap: (
    name: string,
    data?: Readonly<Record<string, string>>,
    metadata?: Partial<ObjectMeta>,
  ) => AnyObject;
  readonly widget: (name: string, given?: Given) => AnyObject;
  /** Without replicas, so that nothing but the object itself is ours to watch. */
  readonly deployment: (
    name: string,
    podSpec: Readonly<Record<string, unknown>>,
    metadata?: Partial<ObjectMeta>,
  ) => AnyObject;
  readonly service: (name: string, spec: Readonly<Record<string, unknown>>) => AnyObject;
  readonly pod: (name: string, spec?: Readonly<Record<string, unknown>>) => AnyObject;
  readonly key: (name: string) => { readonly namespace: string; readonly name: string };
}

let scenes = 0;

/** A new namespace in the world, and builders for what is put there. */
export async function newScene(world: ContractWorld): Promise<Scene> {
  const namespace = `scene-${++scenes}`;
  const client = world.client("tester");
  await client.apply(RESOURCES.Namespace, make("v1", "Namespace", { name: namespace }, {}));
  const at = (name: string, metadata: Partial<ObjectMeta> = {}): ObjectMeta => ({ namespace, name, ...metadata });
  const labels = { app: "app" };
  return {
    namespace,
    client,
    key: (name) => ({ namespace, name }),
    configMap: (name, data = {}, metadata = {}) => make("v1", "ConfigMap", at(name, metadata), { data }),
    widget: (name, { metadata, ...rest } = {}) => make("contract.example.com/v1", "Widget", at(name, metadata), rest),
    service: (name, spec) => make("v1", "Service", at(name), { spec: { selector: labels, ...spec } }),
    pod: (name, spec = {}) => make("v1", "Pod", at(name), { spec: { containers: [container("app")], ...spec } }),
    deployment: (name, podSpec, metadata = {}) =>
      make("apps/v1", "Deployment", at(name, metadata), {
        spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec } },
      }),
  };
}

/** A container with this and that besides what it must have. */
export function container(
  name: string,
  given: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { name, image: `registry.example/${name}:1`, ...given };
}

/** The definition of {@link WIDGET}. */
export const WIDGET_DEFINITION: AnyObject = make(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  { name: "widgets.contract.example.com" },
  {
    spec: {
      group: WIDGET.group,
      scope: "Namespaced",
      names: { kind: WIDGET.kind, plural: WIDGET.plural, singular: "widget" },
      versions: [
        {
          name: WIDGET.version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        },
      ],
    },
  },
);

function make(apiVersion: string, kind: string, metadata: ObjectMeta, rest: object): AnyObject {
  return { apiVersion, kind, metadata, ...rest };
}
