import type { EntryCodec } from './packed-entries.ts';
import type { RangeEntry } from './manifest.ts';
import { TextTable } from './text-table.ts';

/** A range in 44 bytes, and the text of its bounds, patches and recent rows. */
export function rangeCodec(): EntryCodec<RangeEntry> {
  // Of as many snapshots as wrote ranges of the table, not as it has ranges.
  const xids = new TextTable();
  return {
    stride: 44,
    write({ lo, hi, rows, keyDigest, versionDigest, asOf, digest, base, patches, recent }, fixed, at) {
      fixed.writeDoubleLE(rows, at);
      fixed.writeDoubleLE(base, at + 8);
      fixed.write(keyDigest, at + 16, 'hex');
      fixed.write(versionDigest, at + 24, 'hex');
      fixed.write(digest, at + 32, 'hex');
      fixed.writeUInt32LE(xids.add(asOf), at + 40);
      const isPlain = patches.length === 0 && recent?.length === 0;
      return JSON.stringify(isPlain ? [lo, hi] : [lo, hi, patches, recent]);
    },
    read(fixed, at, text) {
      type Rest = [RangeEntry['lo'], RangeEntry['hi'], RangeEntry['patches']?, RangeEntry['recent']?];
      const [lo, hi, patches = [], recent = []] = JSON.parse(text()) as Rest;
      return {
        lo,
        hi,
        rows: fixed.readDoubleLE(at),
        keyDigest: fixed.toString('hex', at + 16, at + 24),
        versionDigest: fixed.toString('hex', at + 24, at + 32),
        asOf: xids.at(fixed.readUInt32LE(at + 40)),
        digest: fixed.toString('hex', at + 32, at + 40),
        base: fixed.readDoubleLE(at + 8),
        patches,
        recent,
      };
    },
  };
}
