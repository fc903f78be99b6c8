const newline = 0x0a;
const tab = 0x09;

/**
 * Rows of `COPY` text without the fields at these positions (ascending): generated columns, which cannot be loaded. A
 * tab or newline inside a value is escaped, so each one that is there separates.
 */
export function stripFields(copyText: Uint8Array, positions: readonly number[]): Uint8Array {
  if (positions.length === 0) return copyText;
  const stripped = new Set(positions);
  const out = Buffer.allocUnsafe(copyText.length);
  let length = 0;
  let field = 0;
  let kept = 0;
  let start = 0;
  for (let at = 0; at < copyText.length; at++) {
    const byte = copyText[at];
    if (byte !== tab && byte !== newline) continue;
    if (!stripped.has(field)) {
      if (kept > 0) out[length++] = tab;
      kept += 1;
      out.set(copyText.subarray(start, at), length);
      length += at - start;
    }
    field += 1;
    start = at + 1;
    if (byte === tab) continue;
    out[length++] = newline;
    field = 0;
    kept = 0;
  }
  return out.subarray(0, length);
}
