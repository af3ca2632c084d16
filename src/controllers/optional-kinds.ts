import type { KubeObject } from "../api/meta.ts";
import { RESOURCES, type ResourceType } from "../api/resource-type.ts";
import { ForbiddenError } from "../kube/errors.ts";
import type { Informer, InformerFactory } from "../kube/informer.ts";
import type { Request } from "./runtime/reconciler.ts";
import type { OpenSource, Source } from "./runtime/source.ts";

/** The object by which an API server tells that it serves a kind. */
interface Announcement {
  readonly type: ResourceType;
  readonly name: string;
  /** The condition that must be true. */
  readonly condition: string;
}

interface AnnouncingObject extends KubeObject {
  readonly spec?: { readonly versions?: readonly { readonly name: string; readonly served: boolean }[] };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/**
 * How a kind that not every cluster has is announced: by its definition, or, where another server than Kubernetes' own
 * serves it as OpenShift's does, by the registration of its group.
 */
export function announcementOf({ kind, group, version, plural }: ResourceType): Announcement {
  return kind === RESOURCES.Route.kind
    ? { type: RESOURCES.APIService, name: `${version}.${group}`, condition: "Available" }
    : { type: RESOURCES.CustomResourceDefinition, name: `${plural}.${group}`, condition: "Established" };
}

export interface OptionalKindsOptions {
  readonly informers: InformerFactory;
  /** Whatever is due when a kind comes or goes. */
  readonly due: () => Iterable<Request>;
}

/** Which of the kinds that a cluster may or may not have it has now. Nothing is asked again and again to know it. */
export class OptionalKinds {
  readonly #options: OptionalKindsOptions;
  /** By kind: its sources that are not complete. */
  readonly #waiting = new Map<string, Set<Source>>();

  constructor(options: OptionalKindsOptions) {
    this.#options = options;
  }

  /** False for an optional kind that the cluster does not have, or whose objects are not all known yet. */
  serves(kind: string): boolean {
    return (this.#waiting.get(kind)?.size ?? 0) === 0;
  }

  /** The kinds that there are, for telling one state from another. */
  get served(): readonly string[] {
    return [...this.#waiting.keys()].filter((kind) => this.serves(kind));
  }

  /** The source of an optional kind's objects, open only while the cluster has the kind. */
  source(type: ResourceType, source: Source): Source {
    const { informers, due } = this.#options;
    const waiting = this.#waiting.get(type.kind) ?? new Set();
    this.#waiting.set(type.kind, waiting.add(source));
    return {
      name: source.name,
      open: () =>
        new OptionalSource({
          type,
          source,
          informers,
          due,
          onServed: (served) => void (served ? waiting.delete(source) : waiting.add(source)),
        }),
    };
  }
}

/** Tells the objects that a cluster can hold from the kinds of those that it cannot. */
export function splitByKind<T extends KubeObject>(
  objects: readonly T[],
  kinds: Pick<OptionalKinds, "serves">,
): { readonly makeable: readonly T[]; readonly unknown: readonly string[] } {
  const unknown = objects.filter(({ kind }) => !kinds.serves(kind)).map(({ kind }) => kind);
  return { makeable: objects.filter(({ kind }) => kinds.serves(kind)), unknown: [...new Set(unknown)] };
}

/**
 * True for what the account may not see at all. A token that is just being replaced is not that, and nor is a right that
 * goes away for a while: what has been seen once is asked for again.
 */
export function isHidden(error: Error | undefined, { synced }: Pick<Informer, "synced">): boolean {
  return !synced && error instanceof ForbiddenError && error.status === 403;
}

interface OptionalSourceOptions extends OptionalKindsOptions {
  readonly type: ResourceType;
  readonly source: Source;
  readonly onServed: (served: boolean) => void;
}

/** A use of a source that comes and goes with its kind. */
class OptionalSource implements OpenSource {
  readonly #options: OptionalSourceOptions;
  readonly #announcement: Informer<AnnouncingObject>;
  readonly #stop = new AbortController();
  readonly #enqueues: ((request: Request) => void)[] = [];
  #inner: OpenSource | undefined;
  /** The account may not see announcements: to it there are none. */
  #blind = false;

  constructor(options: OptionalSourceOptions) {
    this.#options = options;
    const { type, name } = announcementOf(options.type);
    this.#announcement = options.informers.informer<AnnouncingObject>({
      type,
      fieldSelector: `metadata.name=${name}`,
      shape: "discovery",
    });
    this.#announcement.onHealth((error) => {
      if (isHidden(error, this.#announcement)) this.#lookNoMore();
    });
    this.#announcement.onChange(() => {
      if (this.#announcement.synced) this.#follow();
    });
    this.#announcement.whenSynced(this.#stop.signal).then(
      () => this.#follow(),
      () => undefined,
    );
  }

  get synced(): boolean {
    return this.#blind || (this.#announcement.synced && this.#inner?.synced !== false);
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    if (!this.#blind)
      await this.#announcement.whenSynced(AbortSignal.any([signal, this.#stop.signal])).catch(() => undefined);
    signal.throwIfAborted();
    this.#follow();
    await this.#inner?.whenSynced(signal);
  }

  problem(): string | undefined {
    if (this.#blind) return undefined;
    return this.#announcement.synced ? this.#inner?.problem() : "not known yet whether there is such a kind";
  }

  subscribe(enqueue: (request: Request) => void): void {
    this.#enqueues.push(enqueue);
    this.#inner?.subscribe(enqueue);
  }

  close(): void {
    this.#stop.abort();
    this.#announcement.release();
    this.#detach();
  }

  #lookNoMore(): void {
    this.#blind = true;
    this.close();
  }

  #follow(): void {
    if (this.#stop.signal.aborted) return;
    const { type } = this.#options;
    const served = [...this.#announcement.list()].some((each) => isServed(each, type));
    if (served === (this.#inner !== undefined)) return;
    if (served) this.#attach();
    else this.#detach();
  }

  #attach(): void {
    const inner = this.#options.source.open();
    this.#inner = inner;
    for (const enqueue of this.#enqueues) inner.subscribe(enqueue);
    inner.whenSynced(this.#stop.signal).then(
      () => (this.#inner === inner ? this.#tell(true) : undefined),
      () => undefined,
    );
  }

  #detach(): void {
    if (this.#inner === undefined) return;
    this.#inner.close();
    this.#inner = undefined;
    this.#tell(false);
  }

  #tell(served: boolean): void {
    this.#options.onServed(served);
    if (this.#stop.signal.aborted) return;
    for (const request of this.#options.due()) for (const enqueue of this.#enqueues) enqueue(request);
  }
}

function isServed({ spec, status }: AnnouncingObject, type: ResourceType): boolean {
  const { condition } = announcementOf(type);
  const ready = status?.conditions?.some((each) => each.type === condition && each.status === "True") === true;
  // A registration is of one version; a definition lists several.
  return ready && spec?.versions?.some(({ name, served }) => name === type.version && served) !== false;
}
