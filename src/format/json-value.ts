import { isSpace } from './text-window.ts';

/** How far the end of a value was looked for: the search goes on there when more bytes have come. */
export interface ValueSearch {
  at: number;
  depth: number;
  isText: boolean;
  /** Where it ends, once that was found. */
  end: number | undefined;
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * The length of the value that `bytes` begin with; undefined where its end is not there yet. Only brackets and quotes are
 * looked at: whether what lies between is JSON, a parser tells. Brackets of the two kinds count alike.
 */
export function findValueEnd(bytes: Uint8Array, search: ValueSearch): number | undefined {
  search.end ??= searchOn(bytes, search);
  return search.end;
}

function searchOn(bytes: Uint8Array, search: ValueSearch): number | undefined {
  while (search.at < bytes.length) {
    const byte = bytes[search.at] ?? 0;
    if (search.isText) {
      if (byte === backslash) {
        if (search.at + 1 >= bytes.length) return undefined;
        search.at += 2;
        continue;
      }
      search.at += 1;
      if (byte !== quote) continue;
      search.isText = false;
      if (search.depth === 0) return search.at;
      continue;
    }
    const isEnd = search.depth === 0 && search.at > 0 && endsPlainValue(byte);
    if (isEnd) return search.at;
    search.at += 1;
    if (byte === quote) search.isText = true;
    else if (byte === openBrace || byte === openBracket) search.depth += 1;
    else if (byte === closeBrace || byte === closeBracket) {
      search.depth -= 1;
      if (search.depth <= 0) return search.at;
    }
  }
  return undefined;
}

/** What stands behind a number, or `true`, `false` and `null`. */
function endsPlainValue(byte: number): boolean {
  return byte === comma || byte === closeBrace || byte === closeBracket || isSpace(byte);
}
