import type { KubeObject } from "../api/meta.ts";
import { RESOURCES, type ResourceType } from "../api/resource-type.ts";
import type { KubeClient } from "../kube/client.ts";
import { ForbiddenError, InvalidError, NotFoundError } from "../kube/errors.ts";
import { holds } from "./drift.ts";
import { ALL_GRANTING_TYPES, type GrantingRights } from "./granting-rights.ts";
import {
  type Component,
  LABEL_COMPONENT,
  LABEL_INSTANCE,
  LABEL_MANAGED_BY,
  type Labels,
  selectorLabels,
} from "./manifests/labels.ts";
import type { Manifest } from "./manifests/manifest.ts";
import { objectId } from "./object-cache.ts";

/** What became of cluster roles that were to be made or removed. */
export type GrantOutcome =
  | { readonly kind: "done"; readonly changed: readonly string[] }
  /** Some have no place: these namespaces are not there. The others are as they must be. */
  | { readonly kind: "incomplete"; readonly changed: readonly string[]; readonly namespaces: readonly string[] }
  /** The operator may not look after cluster roles at all. */
  | { readonly kind: "not-allowed" }
  /** The API server refused one: the operator does not hold what it would grant, or policy is against it. */
  | { readonly kind: "refused"; readonly message: string }
  /** Something else has the name. */
  | { readonly kind: "taken"; readonly id: string };

/** Whose cluster roles they are: they can have no owner references. */
export interface Grantee {
  /** Of the resource. */
  readonly namespace: string;
  readonly name: string;
  /** By which they are found. */
  readonly labels: Labels;
}

/** Tells the resource in full, where a label has room for a part of its name only. The Go operator writes none. */
const OWNER_ANNOTATION = "opentelemetry.io/owner";

/** The one for whom a ClusterRole or its binding is made. */
export function granteeOf({ metadata }: KubeObject, component: Component): Grantee {
  const { namespace = "", name } = metadata;
  return { namespace, name, labels: selectorLabels(metadata, component) };
}

/** The annotation by which what is made for a resource is told from what is made for others. */
export function grantAnnotation({ namespace, name }: Grantee): Labels {
  return { [OWNER_ANNOTATION]: `${namespace}/${name}` };
}

/**
 * Makes and removes ClusterRoles and ClusterRoleBindings, and roles of namespaces where the rights are about these too.
 * They belong to a resource by their labels alone. They stand in other namespaces or in none, so nobody collects them:
 * what is made here must be removed here.
 */
export class ClusterGrants {
  readonly #client: KubeClient;
  readonly #rights: GrantingRights;

  constructor(client: KubeClient, rights: GrantingRights) {
    this.#client = client;
    this.#rights = rights;
  }

  /** Whether it makes sense to begin. */
  async permitted(signal: AbortSignal): Promise<boolean> {
    return this.#rights.held(signal);
  }

  /** Makes them as they are given, wherever there is a place for them, and removes others of the same labels. */
  async apply(grantee: Grantee, desired: readonly Manifest[], signal: AbortSignal): Promise<GrantOutcome> {
    return this.#attempt(async () => {
      const live = await this.#find(grantee, signal);
      const changed: string[] = [];
      const missing = new Set<string>();
      for (const object of desired) {
        const known = live.find((each) => objectId(each) === objectId(object));
        const found = known ?? (await this.#get(object, signal));
        if (found !== undefined && !isOurs(found, grantee)) return { kind: "taken", id: objectId(object) };
        if (found !== undefined && holds(found, object)) continue;
        if (found !== undefined && !holds(roleOf(found), roleOf(object))) await this.#delete(found, signal);
        const namespace = await this.#place(object, signal);
        if (namespace === undefined) changed.push(objectId(object));
        else missing.add(namespace);
      }
      const wanted = new Set(desired.map(objectId));
      changed.push(...(await this.#deleteAll(live, wanted, signal)));
      return missing.size === 0
        ? { kind: "done", changed }
        : { kind: "incomplete", changed, namespaces: [...missing].toSorted() };
    }, signal);
  }

  /** Removes everything of these labels. */
  async remove(grantee: Grantee, signal: AbortSignal): Promise<GrantOutcome> {
    return this.#attempt(async () => {
      const live = await this.#find(grantee, signal);
      return { kind: "done", changed: await this.#deleteAll(live, new Set(), signal) };
    }, signal);
  }

  /** A refusal is an answer; anything else that fails may go through at the next attempt, a refused token too. */
  async #attempt(action: () => Promise<GrantOutcome>, signal: AbortSignal): Promise<GrantOutcome> {
    if (!(await this.#rights.held(signal))) return { kind: "not-allowed" };
    try {
      return await action();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#rights.forget();
      return { kind: "refused", message: error.message };
    }
  }

  /** The namespace that is not there, if it is not. */
  async #place(object: Manifest, signal: AbortSignal): Promise<string | undefined> {
    const { namespace } = object.metadata;
    try {
      await this.#client.apply(typeOf(object), object, signal);
      return undefined;
    } catch (error) {
      if (!(error instanceof NotFoundError) || namespace === undefined) throw error;
      return namespace;
    }
  }

  async #find(grantee: Grantee, signal: AbortSignal): Promise<readonly KubeObject[]> {
    const labelSelector = [LABEL_MANAGED_BY, LABEL_INSTANCE, LABEL_COMPONENT]
      .map((key) => `${key}=${grantee.labels[key] ?? ""}`)
      .join();
    const lists: (readonly KubeObject[])[] = [];
    for (const type of this.#rights.types) {
      const items = await this.#client.list<KubeObject>(type, { labelSelector }, signal);
      // A list leaves out what all of its items have in common.
      lists.push(items.map((item) => Object.assign({ ...item }, { apiVersion: RBAC_VERSION, kind: type.kind })));
    }
    return lists.flat().filter((object) => isOurs(object, grantee));
  }

  async #get(object: KubeObject, signal: AbortSignal): Promise<KubeObject | undefined> {
    const { namespace = "", name } = object.metadata;
    return this.#client.get(typeOf(object), { namespace, name }, signal);
  }

  async #deleteAll(
    live: readonly KubeObject[],
    kept: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const excess = live.filter((object) => !kept.has(objectId(object)));
    for (const object of excess) await this.#delete(object, signal);
    return excess.map(objectId);
  }

  async #delete(object: KubeObject, signal: AbortSignal): Promise<void> {
    const { namespace = "", name, uid } = object.metadata;
    await this.#client.delete(typeOf(object), { namespace, name }, uid === undefined ? {} : { uid }, signal);
  }
}

/** Whether the API server says that this may not be. A token that it refuses, 401, says nothing of rights. */
export function isRefusal(error: unknown): error is ForbiddenError | InvalidError {
  return error instanceof InvalidError || (error instanceof ForbiddenError && error.status === 403);
}

const RBAC_VERSION = `${RESOURCES.ClusterRole.group}/${RESOURCES.ClusterRole.version}`;

function typeOf({ kind }: KubeObject): ResourceType {
  return ALL_GRANTING_TYPES.find((type) => type.kind === kind) ?? RESOURCES.ClusterRoleBinding;
}

/** Two resources may lead to one name, such as `a-b` in `c` and `a` in `b-c`; long ones to one label. */
function isOurs({ metadata }: KubeObject, grantee: Grantee): boolean {
  const { labels = {}, annotations = {} } = metadata;
  const [expected] = Object.values(grantAnnotation(grantee));
  const labelled = [LABEL_MANAGED_BY, LABEL_INSTANCE].every((key) => labels[key] === grantee.labels[key]);
  return labelled && (annotations[OWNER_ANNOTATION] ?? expected) === expected;
}

/** What of a binding cannot be changed. */
function roleOf(object: Manifest | KubeObject): unknown {
  return "roleRef" in object ? object["roleRef"] : undefined;
}
