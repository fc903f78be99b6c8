import type { Entries } from './entries.ts';

/** What a list of entries does by its length, its iterator and the entry at a place alone. */
export abstract class EntryList<T> implements Entries<T> {
  abstract readonly length: number;
  abstract at(index: number): T | undefined;
  abstract [Symbol.iterator](): Iterator<T, undefined, undefined>;

  map<U>(change: (entry: T, index: number) => U): U[] {
    return Array.from(this, change);
  }

  flatMap<U>(change: (entry: T, index: number) => U | readonly U[]): U[] {
    const all: U[] = [];
    let index = 0;
    for (const entry of this) {
      const changed = change(entry, index++);
      if (isList(changed)) for (const one of changed) all.push(one);
      else all.push(changed);
    }
    return all;
  }

  filter(isWanted: (entry: T, index: number) => boolean): T[] {
    return this.flatMap((entry, index) => (isWanted(entry, index) ? [entry] : []));
  }

  some(isWanted: (entry: T, index: number) => boolean): boolean {
    let index = 0;
    for (const entry of this) if (isWanted(entry, index++)) return true;
    return false;
  }

  reduce<U>(fold: (folded: U, entry: T) => U, first: U): U {
    let folded = first;
    for (const entry of this) folded = fold(folded, entry);
    return folded;
  }

  slice(from: number, to: number): T[] {
    const entries: T[] = [];
    for (let index = Math.max(0, from); index < Math.min(to, this.length); index++) {
      const entry = this.at(index);
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  toJSON(): T[] {
    return [...this];
  }
}

function isList<U>(value: U | readonly U[]): value is readonly U[] {
  return Array.isArray(value);
}
