import { DOT, LOWER_E, MINUS, NINE, PLUS, UPPER_E, ZERO } from './bytes.ts';

function digitsEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at] as number;
    if (!(byte >= ZERO && byte <= NINE)) return at;
    at++;
  }
}

/** End of the JSON integer that begins at `from`: `-0`, `42`; -1 where none begins (`+1`, `007`, `-`). */
export function integerEnd(bytes: Uint8Array, from: number): number {
  const first = bytes[from] === MINUS ? from + 1 : from;
  const end = digitsEnd(bytes, first);
  if (end === first || (bytes[first] === ZERO && end > first + 1)) return -1;
  return end;
}

/** End of the JSON number that begins at `from`: `-0`, `1e+20`, `5e-324`; -1 where none begins (`NaN`, `.5`, `1.`). */
export function numberEnd(bytes: Uint8Array, from: number): number {
  let at = integerEnd(bytes, from);
  if (at < 0) return -1;
  if (bytes[at] === DOT) {
    const end = digitsEnd(bytes, at + 1);
    if (end === at + 1) return -1;
    at = end;
  }
  if (bytes[at] === LOWER_E || bytes[at] === UPPER_E) {
    const sign = bytes[at + 1];
    const first = sign === PLUS || sign === MINUS ? at + 2 : at + 1;
    const end = digitsEnd(bytes, first);
    if (end === first) return -1;
    at = end;
  }
  return at;
}
