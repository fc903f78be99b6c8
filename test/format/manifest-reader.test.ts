import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockFile } from '../../src/core/block-file.ts';
import { ManifestReader } from '../../src/format/manifest-reader.ts';
import { dropEntries, formatManifest, keepEntries } from '../../src/format/manifest-text.ts';
import { manifestPieces } from '../../src/format/manifest-writer.ts';
import type { Manifest } from '../../src/format/manifest.ts';
import { arbitraryManifest } from './arbitrary-manifest.ts';
import { exampleManifest } from './example-manifest.ts';

const kept = keepEntries(() => new BlockFile());
const key = 'manifests/backup_manifest_20250527_001234.json';

function read(pieces: Iterable<Uint8Array>, keeper = kept): Manifest {
  const reader = new ManifestReader(key, keeper);
  for (const piece of pieces) reader.push(piece);
  return reader.end();
}

function cut(text: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, index = 0; at < text.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    // A copy that is overwritten once it was read would show bytes that are looked at later.
    pieces.push(Uint8Array.from(text.subarray(at, at + size)));
    at += size;
  }
  return pieces;
}

/** Any JSON text with a seal that holds. */
function sealed(json: string): Buffer {
  const body = `${json.trimEnd().replace(/\}$/, '')},`;
  const seal = createHash('sha256').update(body).digest('hex');
  return Buffer.from(`${body}\n"sha256":"${seal}"\n}\n`);
}

test('a manifest is the same in pieces of any size, in any layout of its JSON', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 });
  const layout = fc.constantFrom('lines', 'one line', 'indented');
  fc.assert(
    fc.property(arbitraryManifest, sizes, layout, (manifest, lengths, form) => {
      const json = () => JSON.stringify(manifest, null, form === 'indented' ? 2 : undefined);
      const text = form === 'lines' ? formatManifest(manifest) : sealed(json());
      expect(read(cut(text, lengths))).toEqual(manifest);
    }),
  );
});

test('byte by byte it is read as well, and cut short at any of them refused (law 8)', () => {
  const text = formatManifest(exampleManifest());
  expect(read(cut(text, [1]))).toEqual(exampleManifest());
  for (let length = 0; length < text.length; length += 7) {
    expect(() => read(cut(text.subarray(0, length), [100]))).toThrow('is damaged');
  }
});

test('the pieces are the text, and a check that keeps no entries takes it', () => {
  const manifest = exampleManifest();
  const pieces = [...manifestPieces(manifest)];
  expect(Buffer.concat(pieces).equals(formatManifest(manifest))).toBe(true);
  expect(read(pieces, dropEntries).tables[0]).toMatchObject({ rows: 1003, chunks: [], ranges: [] });
});

const json = JSON.stringify(exampleManifest());
const oneTable = exampleManifest().tables[0];
const reordered = (first: 'ranges' | 'lastChunkNumber') => {
  const { tables, lastChunkNumber, ...rest } = exampleManifest();
  if (first === 'lastChunkNumber') return JSON.stringify({ ...rest, tables, lastChunkNumber });
  const { chunks, ranges, ...head } = oneTable ?? { chunks: [], ranges: [] };
  return JSON.stringify({ ...rest, lastChunkNumber, tables: [{ ...head, ranges, chunks }] });
};

test.each<[string, string, string]>([
  ['a member twice', `{"runId":"x",${json.slice(1)}`, 'member runId twice'],
  ['two lists of tables', `{"tables":[],${json.slice(1)}`, 'member tables twice'],
  ['two lists of ranges', json.replace('"ranges":[', '"ranges":[],"ranges":['), 'member ranges twice'],
  ['ranges before the chunks that they name', reordered('ranges'), 'do not stand behind its chunks'],
  ['tables before the last chunk number', reordered('lastChunkNumber'), 'does not stand before its tables'],
  ['a table without ranges', json.replace('"ranges":[', '"others":['), 'lacks a list of chunks or ranges'],
  ['chunks that are an object', json.replace('"chunks":[', '"chunks":{},"others":['), 'do not stand behind'],
  ['a chunk that is a list', json.replace('"chunks":[', '"chunks":[[],'), 'one of its chunks wrong'],
  ['a comma too many between entries', json.replace('"ranges":[', '"ranges":[,'), "Unexpected token ','"],
  [
    'a comma behind the last entry',
    json.replace('}]}],"partitioned', '},]}],"partitioned'),
    "Unexpected token ']'",
  ],
  ['no comma between members', json.replace('","startedAt"', '""startedAt"'), 'unexpected'],
  ['a member without a colon', json.replace('"runId":', '"runId" '), 'unexpected'],
  ['brackets of two kinds', json.replace('"ranges":[', '"ranges":[{"a":[1}],'), "Expected ',' or ']'"],
  ['more behind its end', `${json.slice(0, -1)},"x":1}{}`, 'unexpected'],
])('%s is refused as damage (law 8)', (_, text, reason) => {
  expect(text).not.toBe(json);
  expect(() => read(cut(sealed(text), [333]))).toThrow(reason);
});

test('a value without an end is given up, not collected (law 8)', () => {
  const reader = new ManifestReader(key, dropEntries);
  const piece = Buffer.alloc(8 * 1024 * 1024, '1');
  reader.push(Buffer.from('{"format":"'));
  let pushed = 0;
  const push = () => {
    for (; pushed < 100; pushed++) reader.push(piece);
  };
  expect(push).toThrow('a value of more than');
  expect(pushed).toBeLessThan(12);
});
