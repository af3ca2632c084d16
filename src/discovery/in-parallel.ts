/**
 * Does something with each item, a few at a time, and answers in the order of the items. The first failure fails the whole:
 * what is under way goes on, and nothing more is begun.
 *
 * @param limit - How many at a time.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  run: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let failed = false;
  const waiting = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of waiting) {
      if (failed) return;
      results[index] = await run(item);
    }
  };
  const workers = Array.from({ length: Math.min(Math.max(1, limit), items.length) }, async () =>
    work().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  await Promise.all(workers);
  return results;
}
