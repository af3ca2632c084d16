import type { KubeObject, NamespacedName } from "../../api/meta.ts";
import { apiVersionOf, type ResourceType } from "../../api/resource-type.ts";
import { REVIEWS } from "../../api/review-types.ts";
import type { KubeClient, ListOptions } from "../../kube/client.ts";
import { ForbiddenError, NotFoundError } from "../../kube/errors.ts";
import type { AccessQuestion } from "./access-question.ts";

/** A read that the account may not do. */
export interface Unread {
  readonly group: string;
  readonly plural: string;
  /** Undefined: all. */
  readonly namespace: string | undefined;
  readonly verb: "create" | "get" | "list";
}

interface Review extends KubeObject {
  readonly spec?: unknown;
  readonly status?: {
    readonly allowed?: boolean;
    readonly userInfo?: { readonly username?: string };
  };
}

/** Reads a cluster as an account that may not be allowed to; notes down what it could not. Every error but that passes. */
export class ClusterReader {
  readonly #client: KubeClient;
  readonly #signal: AbortSignal;
  readonly #unread = new Map<string, Unread>();

  constructor(client: KubeClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  get unread(): readonly Unread[] {
    return [...this.#unread.values()];
  }

  /**
   * The objects of a kind; undefined when they may not be read, empty when the cluster has no such kind.
   *
   * @param namespaces - Undefined: all.
   */
  async list<T extends KubeObject>(
    type: ResourceType,
    namespaces?: readonly string[],
    options: Pick<ListOptions, "labelSelector"> = {},
  ): Promise<readonly T[] | undefined> {
    const scopes = type.namespaced && namespaces !== undefined ? namespaces : [undefined];
    const parts: (readonly T[] | undefined)[] = [];
    for (const namespace of scopes) {
      const scope = { ...options, ...(namespace === undefined ? {} : { namespace }) };
      const read = async (): Promise<readonly T[]> => this.#client.list<T>(type, scope, this.#signal);
      parts.push(await this.#read(type, namespace, "list", read));
    }
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  }

  /** The object in a list, which is empty when there is none; undefined when it may not be read. */
  async find<T extends KubeObject>(type: ResourceType, key: NamespacedName): Promise<readonly T[] | undefined> {
    return this.#read(type, type.namespaced ? key.namespace : undefined, "get", async () => {
      const object = await this.#client.get<T>(type, key, this.#signal);
      return object === undefined ? [] : [object];
    });
  }

  /** The name that the API server knows this account by; undefined when it does not say. */
  async ownName(): Promise<string | undefined> {
    const answer = await this.#review(REVIEWS.SelfSubjectReview, undefined).catch((error: unknown) => {
      // Before 1.28 there was no such kind.
      if (error instanceof NotFoundError) return undefined;
      throw error;
    });
    return answer?.status?.userInfo?.username;
  }

  /** Whether an account may do something; undefined when this may not be asked. */
  async isAllowed({ account, namespace, group, resource, name, verb }: AccessQuestion): Promise<boolean | undefined> {
    const [plural = "", subresource] = resource.split("/");
    const resourceAttributes = {
      group,
      resource: plural,
      verb,
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
    };
    if (account === undefined)
      return (await this.#review(REVIEWS.SelfSubjectAccessReview, { resourceAttributes }))?.status?.allowed;
    const groups = ["system:serviceaccounts", `system:serviceaccounts:${account.namespace}`, "system:authenticated"];
    const user = `system:serviceaccount:${account.namespace}:${account.name}`;
    return (await this.#review(REVIEWS.SubjectAccessReview, { user, groups, resourceAttributes }))?.status?.allowed;
  }

  async #read<T>(
    type: ResourceType,
    namespace: string | undefined,
    verb: "get" | "list",
    read: () => Promise<readonly T[]>,
  ): Promise<readonly T[] | undefined> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof NotFoundError) return [];
      return this.#refused(error, { group: type.group, plural: type.plural, namespace, verb });
    }
  }

  async #review(type: ResourceType, spec: unknown): Promise<Review | undefined> {
    const unread = { group: type.group, plural: type.plural, namespace: undefined, verb: "create" } as const;
    if (this.#unread.has(JSON.stringify(unread))) return undefined;
    const object = { apiVersion: apiVersionOf(type), kind: type.kind, metadata: { name: "" }, spec };
    try {
      return await this.#client.create<Review>(type, object, this.#signal);
    } catch (error) {
      return this.#refused(error, unread);
    }
  }

  #refused(error: unknown, unread: Unread): undefined {
    if (!(error instanceof ForbiddenError)) throw error;
    // Credentials that nobody knows are another matter than a permission that is missing.
    if (error.status === 401) throw error;
    this.#unread.set(JSON.stringify(unread), unread);
  }
}
