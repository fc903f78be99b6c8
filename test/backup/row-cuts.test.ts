import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RowBuffer } from '../../src/backup/row-buffer.ts';
import { RowCuts } from '../../src/backup/row-cuts.ts';

/** The chunks that a reader closes: of so many rows each, or before a row that would take one beyond `mostBytes`. */
function chunksOf(pieces: readonly Buffer[], cuts: readonly number[], mostBytes: number): string[] {
  const buffer = new RowBuffer();
  const rows = new RowCuts(cuts);
  const chunks: string[] = [];
  const close = () => {
    const chunk = Buffer.from(rows.next(buffer.rows(mostBytes))).toString();
    chunks.push(chunk);
    rows.taken(chunk.split('\n').length - 1);
    buffer.drop(chunk.length);
  };
  for (const piece of pieces) {
    buffer.append(piece);
    while (buffer.hasRows && buffer.length > mostBytes) close();
  }
  while (buffer.length > 0) close();
  return chunks;
}

test('chunks of a read end where their ranges do', () => {
  const text = Buffer.from('a\nb\nc\nd\ne\n');
  expect(chunksOf([text], [2, 1, 2], 100)).toEqual(['a\nb\n', 'c\n', 'd\ne\n']);
  expect(chunksOf([text], [], 100)).toEqual(['a\nb\nc\nd\ne\n']);
});

test('one that is closed for its size leaves the rest of its rows to the next, and rows beyond all ranges come last', () => {
  const text = Buffer.from('a\nwide wide\nc\nd\ne\nf\n');
  expect(chunksOf([text], [3, 1], 8)).toEqual(['a\n', 'wide wide\n', 'c\n', 'd\n', 'e\nf\n']);
});

test('the same rows give the same chunks, however they arrive, and none is lost', () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 40 });
  const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 10 });
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });
  fc.assert(
    fc.property(lengths, cuts, sizes, fc.integer({ min: 1, max: 200 }), (rows, counts, pieces, mostBytes) => {
      const text = Buffer.from(rows.map((length, row) => `${'x'.repeat(length)}${row}\n`).join(''));
      const whole = chunksOf([text], counts, mostBytes);
      expect(whole.join('')).toBe(text.toString());
      const parts: Buffer[] = [];
      for (let at = 0, next = 0; at < text.length; next++) {
        const size = pieces[next % pieces.length] ?? 1;
        parts.push(text.subarray(at, at + size));
        at += size;
      }
      const inParts = chunksOf(parts, counts, mostBytes);
      expect(inParts.join('')).toBe(text.toString());
      if (counts.length === 0 || text.length <= mostBytes) expect(inParts).toEqual(whole);
    }),
  );
});
