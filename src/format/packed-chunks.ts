import { chunkAt, chunkStride } from './chunk-layout.ts';
import { writeChunkLine } from './chunk-line.ts';
import { compressions, type Compression } from './columns.ts';
import { chunkKeyOf } from './keys.ts';
import type { ChunkEntry } from './manifest.ts';
import type { EntryCodec } from './packed-entries.ts';
import { textOf, type PackedPlace } from './packed-place.ts';

const runStartPattern = /_(\d{8})_(\d{6})\.json/;

export const chunkCodec: EntryCodec<ChunkEntry> = {
  stride: chunkStride,
  write(entry, view, bytes, at, text) {
    const { number, key, kind, rows, sha256, copySha256, digest, compression } = entry;
    view.setFloat64(at + chunkAt.number, number, true);
    view.setFloat64(at + chunkAt.rows, rows, true);
    view.setFloat64(at + chunkAt.bytes, entry.bytes, true);
    view.setFloat64(at + chunkAt.copyBytes, entry.copyBytes, true);
    bytes.write(sha256, at + chunkAt.sha256, 'hex');
    bytes.write(copySha256, at + chunkAt.copySha256, 'hex');
    bytes.write(digest, at + chunkAt.digest, 'hex');
    const [, date = '', time = ''] = runStartPattern.exec(key) ?? [];
    const runStart = Number(date + time);
    view.setFloat64(at + chunkAt.runStart, runStart, true);
    bytes[at + chunkAt.kind] = kind === 'base' ? 0 : 1;
    bytes[at + chunkAt.compression] = compressions.indexOf(compression);
    const isJson = key !== chunkKeyOf(number, runStart, compression);
    bytes[at + chunkAt.isJson] = isJson ? 1 : 0;
    if (isJson) text.text(JSON.stringify(entry));
  },
  read(place) {
    const { bytes, view, at } = place;
    if (bytes[at + chunkAt.isJson] === 1) return JSON.parse(textOf(place)) as ChunkEntry;
    const number = view.getFloat64(at + chunkAt.number, true);
    const runStart = view.getFloat64(at + chunkAt.runStart, true);
    const compression = compressions[bytes[at + chunkAt.compression] ?? 0] ?? 'none';
    return {
      number,
      key: chunkKeyOf(number, runStart, compression),
      kind: bytes[at + chunkAt.kind] === 0 ? 'base' : 'patch',
      rows: view.getFloat64(at + chunkAt.rows, true),
      bytes: view.getFloat64(at + chunkAt.bytes, true),
      sha256: bytes.toString('hex', at + chunkAt.sha256, at + chunkAt.sha256 + 32),
      copyBytes: view.getFloat64(at + chunkAt.copyBytes, true),
      copySha256: bytes.toString('hex', at + chunkAt.copySha256, at + chunkAt.copySha256 + 32),
      digest: bytes.toString('hex', at + chunkAt.digest, at + chunkAt.digest + 8),
      compression,
    };
  },
  writeLine: writeChunkLine,
};

/** What of a chunk is counted. */
export type ChunkSize = Pick<ChunkEntry, 'number' | 'rows' | 'bytes' | 'copyBytes' | 'compression'>;

/** Of each packed chunk: always the same object. */
export function* packedSizes(places: Iterable<PackedPlace>): Generator<ChunkSize, undefined, undefined> {
  const size = { number: 0, rows: 0, bytes: 0, copyBytes: 0, compression: compressions[0] as Compression };
  for (const { bytes, view, at } of places) {
    size.number = view.getFloat64(at + chunkAt.number, true);
    size.rows = view.getFloat64(at + chunkAt.rows, true);
    size.bytes = view.getFloat64(at + chunkAt.bytes, true);
    size.copyBytes = view.getFloat64(at + chunkAt.copyBytes, true);
    size.compression = compressions[bytes[at + chunkAt.compression] ?? 0] ?? 'none';
    yield size;
  }
  return undefined;
}

export function numberOfChunk({ view, at }: PackedPlace): number {
  return view.getFloat64(at + chunkAt.number, true);
}
