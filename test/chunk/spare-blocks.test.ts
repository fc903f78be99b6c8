import { expect, test } from 'vitest';
import { blockBytes } from '../../src/chunk/in-blocks.ts';
import { openBlocks } from '../../src/chunk/open-blocks.ts';
import { sealChunk } from '../../src/chunk/seal-chunk.ts';
import { joinBlock, releaseBlocks } from '../../src/chunk/spare-blocks.ts';
import type { ColumnFormat } from '../../src/format/columns.ts';

test('the memory of a block that was let go is used again, and no view of it sees what it holds then', () => {
  const first = joinBlock(Buffer.from('first '), Buffer.from('block'));
  expect(first.toString()).toBe('first block');
  const view = first.subarray(2);
  releaseBlocks(first);
  expect([first.length, view.length]).toEqual([0, 0]);
  const second = joinBlock(Buffer.from('other'));
  // What lies behind it is of the block before.
  expect(Buffer.from(second.buffer, 0, 11).toString()).toBe('other block');
  expect(second.toString()).toBe('other');
  releaseBlocks(second);
});

test('one that is let go twice is given once', () => {
  const block = joinBlock(Buffer.from('block'));
  releaseBlocks(block, block);
  releaseBlocks(block);
  const [one, two] = [joinBlock(Buffer.from('one')), joinBlock(Buffer.from('two'))];
  expect([one.toString(), two.toString()]).toEqual(['one', 'two']);
  releaseBlocks(one, two);
});

test('a wider one is freed, and so are more than a thread needs', () => {
  const wide = joinBlock(Buffer.alloc(blockBytes, 'x'), Buffer.from('y'));
  expect(wide.length).toBe(blockBytes + 1);
  const many = Array.from({ length: 40 }, (_, index) => joinBlock(Buffer.from(`${index}`)));
  expect(many.map(String)).toEqual(many.map((_, index) => `${index}`));
  releaseBlocks(wide, ...many);
  expect([wide, ...many].every(({ length }) => length === 0)).toBe(true);
});

test('chunks that are opened at the same time each give their own rows, while a slow reader holds blocks of one', async () => {
  const columns: ColumnFormat[] = [
    { name: 'id', encoding: 'integer' },
    { name: 'v', encoding: 'text' },
  ];
  const texts = ['a', 'b', 'c'].map((letter) =>
    Buffer.from(Array.from({ length: 2000 }, (_, row) => `${row}\t${letter.repeat(700)}\n`).join('')),
  );
  const open = async (copyText: Buffer, mostHeld: number) => {
    const { body, ...sealed } = await sealChunk(copyText, columns, 'none');
    const entry = { number: 1, key: 'chunks/chunk_000001.json', kind: 'base' as const, ...sealed };
    const held: Uint8Array[] = [];
    let at = 0;
    const check = (block = expect.fail('no block') as Uint8Array) => {
      expect(copyText.subarray(at, at + block.length).equals(block)).toBe(true);
      at += block.length;
      releaseBlocks(block);
    };
    for await (const block of openBlocks(body, entry, columns)) {
      held.push(block);
      await new Promise((resolve) => setImmediate(resolve));
      if (held.length > mostHeld) check(held.shift());
    }
    while (held.length > 0) check(held.shift());
    expect(at).toBe(copyText.length);
  };
  for (let turn = 0; turn < 3; turn++)
    await Promise.all(texts.map((copyText, index) => open(copyText, index * 2)));
});
