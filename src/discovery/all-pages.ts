/** A part of a long list. */
export interface Page<Item, Cursor> {
  readonly items: readonly Item[];
  /** What the next page is asked for with; undefined after the last one. */
  readonly next: Cursor | undefined;
}

/**
 * All items of a list that is answered page by page. Rejects when a page cannot be had, and when a page leads back to one
 * that has been read, which would never end: a part of the list is not an answer.
 *
 * @param list - What is read, for the error: its URL without a query.
 */
export async function allPages<Item, Cursor extends string | number>(
  list: string,
  first: Cursor,
  read: (cursor: Cursor) => Promise<Page<Item, Cursor>>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  const seen = new Set<Cursor>();
  for (let cursor: Cursor | undefined = first; cursor !== undefined;) {
    if (seen.has(cursor)) throw new Error(`${list}: page ${JSON.stringify(cursor)} comes a second time`);
    seen.add(cursor);
    const page: Page<Item, Cursor> = await read(cursor);
    for (const item of page.items) items.push(item);
    cursor = page.next;
  }
  return items;
}
