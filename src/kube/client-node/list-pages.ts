import type { KubeObject } from "../../api/meta.ts";
import type { ListOptions } from "../client.ts";
import type { ResourceType } from "../../api/resource-type.ts";
import { describeScope, namespaceOf } from "../watch-scope.ts";
import type { ApiTransport } from "./api-transport.ts";
import { resourcePath } from "./resource-path.ts";

const PAGE_SIZE = 500;

/** One page of a list. All pages of a list are of the same resource version. */
export interface ListPage {
  /** As sent: the items of built-in kinds lack apiVersion and kind. */
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
}

interface ListAnswer {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly KubeObject[] | null;
}

/**
 * Lists page by page, at the newest state. Rejects with ExpiredError when the pages are compacted away meanwhile: begin
 * again then.
 */
export async function* listPages(
  transport: ApiTransport,
  type: ResourceType,
  options: ListOptions,
  signal?: AbortSignal,
): AsyncGenerator<ListPage, void, undefined> {
  const scope = { type, ...options };
  let next: string | undefined;
  do {
    const answer: ListAnswer = await transport.send(
      {
        attempt: `listing ${describeScope(scope)}`,
        method: "GET",
        path: resourcePath(type, { namespace: namespaceOf(scope) }),
        query: { ...selectorQuery(options), limit: PAGE_SIZE, continue: next },
      },
      signal,
    );
    next = answer.metadata.continue;
    yield { items: answer.items ?? [], resourceVersion: answer.metadata.resourceVersion ?? "" };
  } while (next !== undefined && next !== "");
}

/** The part of a list's or watch's query that restricts it. */
export function selectorQuery({ labelSelector, fieldSelector }: ListOptions): Record<string, string | undefined> {
  return { labelSelector: labelSelector || undefined, fieldSelector: fieldSelector || undefined };
}
