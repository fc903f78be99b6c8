import { compressions } from './columns.ts';
import type { EntryCodec } from './packed-entries.ts';
import type { ChunkEntry } from './manifest.ts';
import { TextTable } from './text-table.ts';

/** A chunk in 112 bytes. */
export function chunkCodec(): EntryCodec<ChunkEntry> {
  // What stands behind the number in the key: of as many runs as wrote chunks, not as there are chunks.
  const ends = new TextTable();
  return {
    stride: 112,
    write({ number, key, kind, rows, bytes, sha256, copyBytes, copySha256, digest, compression }, fixed, at) {
      fixed.writeDoubleLE(number, at);
      fixed.writeDoubleLE(rows, at + 8);
      fixed.writeDoubleLE(bytes, at + 16);
      fixed.writeDoubleLE(copyBytes, at + 24);
      fixed.write(sha256, at + 32, 'hex');
      fixed.write(copySha256, at + 64, 'hex');
      fixed.write(digest, at + 96, 'hex');
      const { length } = keyStart(number);
      fixed.writeUInt32LE(ends.add(key.slice(length)), at + 104);
      fixed.writeUInt8(kind === 'base' ? 0 : 1, at + 108);
      fixed.writeUInt8(compressions.indexOf(compression), at + 109);
      return '';
    },
    read(fixed, at) {
      const number = fixed.readDoubleLE(at);
      return {
        number,
        key: keyStart(number) + ends.at(fixed.readUInt32LE(at + 104)),
        kind: fixed.readUInt8(at + 108) === 0 ? 'base' : 'patch',
        rows: fixed.readDoubleLE(at + 8),
        bytes: fixed.readDoubleLE(at + 16),
        sha256: fixed.toString('hex', at + 32, at + 64),
        copyBytes: fixed.readDoubleLE(at + 24),
        copySha256: fixed.toString('hex', at + 64, at + 96),
        digest: fixed.toString('hex', at + 96, at + 104),
        compression: compressions[fixed.readUInt8(at + 109)] ?? 'none',
      };
    },
  };
}

function keyStart(number: number): string {
  return `chunks/chunk_${String(number).padStart(6, '0')}`;
}
