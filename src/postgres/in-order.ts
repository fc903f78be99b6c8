/**
 * The items, each after those that it needs, otherwise in the order given. Needs that are no items are passed over, and
 * so is what would close a circle.
 */
export function inOrder<T>(
  items: readonly T[],
  idOf: (item: T) => string,
  needsOf: (id: string) => readonly string[],
): T[] {
  const waiting = new Map(items.map((item) => [idOf(item), item]));
  const ordered: T[] = [];
  const place = (id: string): void => {
    const item = waiting.get(id);
    if (item === undefined) return;
    waiting.delete(id);
    for (const need of needsOf(id)) place(need);
    ordered.push(item);
  };
  for (const item of items) place(idOf(item));
  return ordered;
}
