/** A list of a result that may be longer than memory allows: its items are made one by one, as they are printed. */
export class JsonList<T> {
  readonly #items: Iterable<T>;
  readonly #describe: (item: T) => object;

  constructor(items: Iterable<T>, describe: (item: T) => object) {
    this.#items = items;
    this.#describe = describe;
  }

  *[Symbol.iterator](): Generator<object, undefined, undefined> {
    for (const item of this.#items) yield this.#describe(item);
    return undefined;
  }
}

export type Replace = (key: string, value: unknown) => unknown;

/** Characters that are handed on at once. */
const pieceLength = 64 * 1024;

/** What `JSON.stringify` gives for plain data, in pieces; a `JsonList` in it is an array. */
export function* jsonPieces(value: object, replace: Replace): Generator<string, undefined, undefined> {
  let piece = '';
  for (const token of tokens(value, replace)) {
    piece += token;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = '';
  }
  yield piece;
  return undefined;
}

function* tokens(value: unknown, replace: Replace): Generator<string, undefined, undefined> {
  if (value instanceof JsonList || Array.isArray(value)) {
    const isList = value instanceof JsonList;
    let separator = '[';
    for (const item of value as Iterable<unknown>) {
      yield separator;
      if (isList) yield JSON.stringify(item, replace);
      else yield* tokens(item, replace);
      separator = ',';
    }
    yield separator === '[' ? '[]' : ']';
  } else if (isPlain(value)) {
    let separator = '{';
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue;
      yield `${separator}${JSON.stringify(name)}:`;
      yield* tokens(member, replace);
      separator = ',';
    }
    yield separator === '{' ? '{}' : '}';
  } else {
    yield JSON.stringify(value, replace) ?? 'null';
  }
  return undefined;
}

/** Others say themselves what their JSON is. */
function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !('toJSON' in value);
}
