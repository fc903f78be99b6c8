import type { QualifiedName } from './sql/names.ts';

const maxBytes = 63;

/** The names of relations that are taken in each schema of the target; names given out here are taken from then on. */
export class TakenNames {
  readonly #taken: ReadonlyMap<string, Set<string>>;

  constructor(taken: ReadonlyMap<string, Set<string>>) {
    this.#taken = taken;
  }

  /** `wanted`, or with a number at its end where that is taken. */
  give(schema: string, wanted: string): string {
    const names = this.#taken.get(schema);
    let name = cutName(wanted, '');
    for (let number = 1; names?.has(name); number++) name = cutName(wanted, `_${number}`);
    names?.add(name);
    return name;
  }
}

/** What a thing named after its table is named after the table got another name: `articles_pkey` → `rescued_pkey`. */
export function renameAfter(name: string, from: QualifiedName, to: QualifiedName): string {
  if (from.name === to.name) return name;
  const rest = name.startsWith(from.name) ? name.slice(from.name.length) : `_${name}`;
  // The end tells what it is: where all of it is too long, the table's part gives way.
  return cutName(to.name, rest);
}

/** `start` with `end`, with as much of the start as fits into a name of PostgreSQL. */
function cutName(start: string, end: string): string {
  const room = maxBytes - Buffer.byteLength(end);
  if (room <= 0) return cutName(end, '');
  let kept = start;
  while (Buffer.byteLength(kept) > room) kept = Array.from(kept).slice(0, -1).join('');
  return kept + end;
}
