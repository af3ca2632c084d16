import { AsyncLocalStorage } from "node:async_hooks";
import operatorModule, { type ResourceEvent, type ResourceMeta } from "@dot-i/k8s-operator";
import { KubeConfig } from "@kubernetes/client-node";
import type { KubeObject, NamespacedName } from "../../api/meta.ts";
import { type ResourceType, apiVersionOf } from "../../api/resource-type.ts";
import { attemptOn } from "../errors.ts";
import { mergePatchBetween } from "../merge-patch.ts";
import type { ResourceLifecycle } from "../resource-lifecycle.ts";
import { describeScope } from "../watch-scope.ts";
import type { ApiCall } from "./api-transport.ts";
import type { KubeConnection } from "./connection.ts";
import { resourcePath } from "./resource-path.ts";

// The library is CommonJS: its exports, the default one too, are on the default import.
const { default: Operator, ResourceEventType, ResourceMetaImpl } = operatorModule;

/** A kind whose objects the process acts on. */
interface HostedResource {
  readonly type: ResourceType;
  /** @default all namespaces */
  readonly namespaces?: readonly string[];
  /** Told the key of every object that is there or changes. It says nothing of what happened: read the object. */
  readonly onKey?: (key: NamespacedName) => void;
}

export interface OperatorHostOptions {
  readonly connection: KubeConnection;
  readonly resources: readonly HostedResource[];
  /** In the form `example.com/what`. */
  readonly finalizer: string;
  /** What the library says of itself: nothing that is not also an error or an event of ours. */
  readonly onMessage?: (message: string) => void;
}

/**
 * The operator process on `@dot-i/k8s-operator`, whose base class gives the lifecycle (start, init, stop), the finalizer
 * protocol and the status calls. What of these fails with today's client-node, gives up on errors or ends the process is
 * overridden below; its registration of definitions, which fails too, is not used. This is the only file that knows the
 * library.
 */
export class OperatorHost implements ResourceLifecycle {
  readonly #process: OperatorProcess;
  readonly #finalizer: string;

  constructor(options: OperatorHostOptions) {
    this.#process = new OperatorProcess(options);
    this.#finalizer = options.finalizer;
  }

  /**
   * Starts the watches of the hosted kinds, runs `onStart`, and stops when that has ended. `onStart` must end when its
   * signal is aborted; its failure is that of the run.
   */
  async run(
    signal: AbortSignal,
    { onStart }: { readonly onStart: (signal: AbortSignal) => Promise<void> },
  ): Promise<void> {
    signal.throwIfAborted();
    try {
      await this.#process.start();
      await onStart(signal);
    } finally {
      this.#process.stop();
    }
  }

  async finalize(object: KubeObject, cleanup: () => Promise<void>, signal?: AbortSignal): Promise<boolean> {
    return this.#process.finalize(object, { finalizer: this.#finalizer, cleanup, signal });
  }

  async writeStatus(
    object: KubeObject,
    status: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#process.writeStatus(object, status, signal);
  }
}

/** What travels with one call through the library, which passes on neither signals nor errors. */
interface CallContext {
  readonly signal: AbortSignal | undefined;
  failure?: Error;
}

/** As much of gaxios' options as the library uses. */
interface GaxiosCall {
  readonly url?: string;
  readonly method?: ApiCall["method"];
  readonly data?: unknown;
}

/** As the library has them. */
type WatchParameters = [
  group: string,
  version: string,
  plural: string,
  onEvent: (event: ResourceEvent) => Promise<void>,
  namespace?: string,
];

class OperatorProcess extends Operator {
  readonly #options: OperatorHostOptions;
  readonly #calls = new AsyncLocalStorage<CallContext>();
  readonly #releases: (() => void)[] = [];

  constructor(options: OperatorHostOptions) {
    const say = (message: string): void => options.onMessage?.(message);
    super({ debug: say, info: say, warn: say, error: say });
    this.#options = options;
    // Private in the library, but its status calls read it; a test holds us to that.
    const builders = this["resourcePathBuilders"] as Record<string, (meta: ResourceMeta) => string>;
    for (const { type } of options.resources) {
      const { group, version, plural } = type;
      builders[idOf(type)] = ({ namespace }) => this.getCustomResourceApiUri(group, version, plural, namespace);
    }
  }

  async finalize(
    object: KubeObject,
    {
      finalizer,
      cleanup,
      signal,
    }: { finalizer: string; cleanup: () => Promise<void>; signal: AbortSignal | undefined },
  ): Promise<boolean> {
    const event = this.#toEvent(object, ResourceEventType.Modified);
    return this.#calls.run({ signal }, () => this.handleResourceFinalizer(event, finalizer, cleanup));
  }

  async writeStatus(object: KubeObject, status: unknown, signal: AbortSignal | undefined): Promise<void> {
    const current = (object as KubeObject & { readonly status?: unknown }).status ?? {};
    const patch = mergePatchBetween(current, status);
    if (patch === undefined) return;
    const { meta } = this.#toEvent(object, ResourceEventType.Modified);
    const context: CallContext = { signal };
    const written = await this.#calls.run(context, () => this.patchResourceStatus(meta, patch));
    // null: the library has logged the error and dropped it.
    if (written === null) throw context.failure ?? new Error(`writing status of ${meta.kind} ${meta.name}: no answer`);
  }

  protected override async init(): Promise<void> {
    for (const { type, namespaces = [undefined], onKey } of this.#options.resources) {
      for (const namespace of namespaces) {
        const forward = async ({ meta: { namespace: place = "", name } }: ResourceEvent): Promise<void> =>
          onKey?.({ namespace: place, name });
        await this.watchResource(type.group, type.version, type.plural, forward, namespace);
      }
    }
  }

  /** Base: aborts its own watches, and takes that for an error that ends the process. Ours are not among them. */
  override stop(): void {
    super.stop();
    for (const release of this.#releases.splice(0)) release();
  }

  /** Base: delivers everything again after each reconnect, and ends the process after 30 quiet seconds. */
  protected override async watchResource(...parameters: WatchParameters): Promise<void> {
    const [group, version, plural, onEvent, namespace] = parameters;
    const type = this.#typeOf(`${plural}.${apiVersionOf({ group, version })}`);
    const scope = namespace === undefined ? { type } : { type, namespace };
    const informer = this.#options.connection.informers.informer(scope);
    this.#releases.push(() => informer.release());
    informer.onChange(
      ({ type: change, object }) => void this.#deliver(onEvent, this.#toEvent(object, EVENT_TYPES[change])),
    );
    this.logger.info(`watching ${describeScope(scope)}`);
  }

  /** Base: built on a property that client-node no longer has. */
  protected override getCustomResourceApiUri(
    group: string,
    version: string,
    plural: string,
    namespace?: string,
  ): string {
    const type = this.#typeOf(`${plural}.${apiVersionOf({ group, version })}`);
    return this.#options.connection.server + resourcePath(type, { namespace });
  }

  /** Base: overwrites what others did meanwhile, and drops errors. */
  protected override async setResourceFinalizers(meta: ResourceMeta, finalizers: string[]): Promise<void> {
    const key = { namespace: meta.namespace ?? "", name: meta.name };
    const patch = { metadata: { resourceVersion: meta.resourceVersion, finalizers } };
    await this.#options.connection.client.mergePatch(this.#typeOf(meta.id), key, patch, this.#calls.getStore()?.signal);
  }

  /** Base: a new TLS agent for each call. Here the call itself goes through our transport: its connections, its errors. */
  protected override async applyGaxiosKubeConfigAuth(options: object): Promise<void> {
    Object.assign(options, { adapter: async (call: GaxiosCall) => this.#send(call) });
  }

  async #send({ url = "", method = "PATCH", data }: GaxiosCall): Promise<unknown> {
    const { transport, server, fieldManager } = this.#options.connection;
    const context = this.#calls.getStore();
    const { apiVersion, kind, metadata } = data as KubeObject;
    const { namespace = "", name } = metadata;
    const attempt = attemptOn("writing status of", this.#typeOfObject({ apiVersion, kind }), { namespace, name });
    try {
      const answer = await transport.send(
        {
          attempt,
          method,
          path: url.slice(server.length),
          query: { fieldManager },
          body: data,
          contentType: "application/merge-patch+json",
        },
        context?.signal,
      );
      return { data: answer, status: 200, statusText: "OK", headers: {}, config: {}, request: { responseURL: url } };
    } catch (error) {
      if (context !== undefined && error instanceof Error) context.failure = error;
      // gaxios writes into the error that it gets.
      throw new Error("not written", { cause: error });
    }
  }

  async #deliver(onEvent: (event: ResourceEvent) => Promise<void>, event: ResourceEvent): Promise<void> {
    try {
      await onEvent(event);
    } catch (error) {
      this.logger.error(`handling ${event.meta.kind} ${event.meta.name}: ${String(error)}`);
    }
  }

  /** A copy: the library writes into the object of an event. */
  #toEvent(object: KubeObject, type: ResourceEvent["type"]): ResourceEvent {
    const copy = structuredClone(object) as unknown as ResourceEvent["object"];
    return { type, object: copy, meta: ResourceMetaImpl.createWithId(idOf(this.#typeOfObject(object)), copy) };
  }

  #typeOf(id: string): ResourceType {
    return this.#find((type) => idOf(type) === id, id);
  }

  #typeOfObject({ apiVersion, kind }: Pick<KubeObject, "apiVersion" | "kind">): ResourceType {
    return this.#find((type) => apiVersionOf(type) === apiVersion && type.kind === kind, `${apiVersion} ${kind}`);
  }

  #find(isMeant: (type: ResourceType) => boolean, name: string): ResourceType {
    const found = this.#options.resources.find(({ type }) => isMeant(type));
    if (found === undefined) throw new Error(`${name} is none of the kinds of this operator`);
    return found.type;
  }
}

const EVENT_TYPES = {
  added: ResourceEventType.Added,
  updated: ResourceEventType.Modified,
  deleted: ResourceEventType.Deleted,
} as const;

/** How the library names a kind. */
function idOf(type: ResourceType): string {
  return `${type.plural}.${apiVersionOf(type)}`;
}

/** Never asked for anything: every call goes through our connection. */
class UnusedKubeConfig extends KubeConfig {
  override loadFromDefault(): void {
    this.loadFromClusterAndUser({ name: "", server: "http://unused.invalid", skipTLSVerify: true }, { name: "" });
  }
}

// The base's constructor loads the default kubeconfig, which may be missing or broken while ours is not. It stores it in
// this property, which therefore keeps what it has.
const unused = new UnusedKubeConfig();
Object.defineProperty(OperatorProcess.prototype, "kubeConfig", { get: () => unused, set: () => undefined });
