import { expect, test } from 'vitest';
import { CopyFrames } from '../../src/postgres/copy-frames.ts';

function message(code: string, content: string | Buffer): Buffer {
  const header = Buffer.alloc(5, code);
  header.writeUInt32BE(content.length + 4, 1);
  return Buffer.concat([header, Buffer.from(content)]);
}

const rows = ['1\tnarrow\n', '\n', `2\t${'wide '.repeat(60)}\n`, '3\tä\n'].map((row) => Buffer.from(row));
const rowMessages = rows.map((row) => message('d', row));
const sent = Buffer.concat([
  message('H', 'head'),
  ...rowMessages.slice(0, 2),
  message('N', 'a notice'),
  message('A', ''),
  ...rowMessages.slice(2),
]);

/** What comes out of the messages in these pieces, and what follows the rows. */
function taken(pieces: readonly Buffer[]): { readonly rows: string; readonly others: string } {
  const frames = new CopyFrames();
  const all: Buffer[] = [];
  for (const [index, piece] of pieces.entries()) {
    const data = Buffer.from(piece);
    const { rows: bytes, end } = frames.take(data);
    all.push(Buffer.from(data.subarray(0, bytes)));
    if (end < data.length) {
      const others = Buffer.concat([data.subarray(end), ...pieces.slice(index + 1)]);
      return { rows: Buffer.concat(all).toString(), others: others.toString('latin1') };
    }
  }
  return { rows: Buffer.concat(all).toString(), others: '' };
}

const others = Buffer.concat([message('c', ''), message('C', 'COPY 4\0'), message('Z', 'I')]);
const expected = { rows: Buffer.concat(rows).toString(), others: others.toString('latin1') };

test('gives the rows without their messages, and leaves what follows them', () => {
  expect(taken([Buffer.concat([sent, others])])).toEqual(expected);
  expect(taken([sent])).toEqual({ ...expected, others: '' });
});

test('takes them cut anywhere', () => {
  const all = Buffer.concat([sent, others]);
  for (let cut = 1; cut < all.length; cut++) {
    expect(taken([all.subarray(0, cut), all.subarray(cut)]), `cut at ${cut}`).toEqual(expected);
  }
  const bytes = Array.from(all, (_, at) => all.subarray(at, at + 1));
  expect(taken(bytes)).toEqual(expected);
});

test('moves rows of any length, however little they move', () => {
  const texts = Array.from({ length: 130 }, (_, length) =>
    Buffer.from(Array.from({ length }, (_unused, at) => 33 + ((at * 7 + length) % 90))),
  );
  const all = Buffer.concat(texts.map((text) => message('d', text)));
  const whole = { rows: Buffer.concat(texts).toString(), others: '' };
  expect(taken([all])).toEqual(whole);
  // A header that ends in the next piece leaves from one to four bytes of it there.
  for (let size = 6; size < 150; size++) {
    const pieces: Buffer[] = [];
    for (let at = 0; at < all.length; at += size) pieces.push(all.subarray(at, at + size));
    expect(taken(pieces), `pieces of ${size} bytes`).toEqual(whole);
  }
});
