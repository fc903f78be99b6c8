/**
 * What `work` makes of each item, in the order of the items. At most `most` are under way or wait to be taken, so a slow
 * consumer holds the work back. Ends, whichever way, when no work is under way any more.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  most: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const pending: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const result = work(item);
      // One that fails while another is waited for is told in its turn.
      result.catch(() => undefined);
      pending.push(result);
      const first = pending.length >= most ? pending.shift() : undefined;
      if (first) yield await first;
    }
    for (let first = pending.shift(); first; first = pending.shift()) yield await first;
  } finally {
    await Promise.allSettled(pending);
  }
}
