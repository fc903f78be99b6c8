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
      return (isPlain ? plainText(lo, hi) : undefined) ?? JSON.stringify([lo, hi, patches, recent]);
    },
    read(fixed, at, text) {
      const [lo, hi, patches, recent] = partsOf(text());
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

type Parts = [RangeEntry['lo'], RangeEntry['hi'], RangeEntry['patches'], RangeEntry['recent']];

/**
 * The bounds where each is open or of one part, as most are: a letter for each, then both, with a NUL between them, which no
 * text of PostgreSQL has. Undefined for others.
 */
function plainText(lo: RangeEntry['lo'], hi: RangeEntry['hi']): string | undefined {
  if ((lo !== null && lo.length !== 1) || (hi !== null && hi.length !== 1)) return undefined;
  return `${lo ? 'v' : 'n'}${hi ? 'v' : 'n'}${lo?.[0] ?? ''}\0${hi?.[0] ?? ''}`;
}

function partsOf(text: string): Parts {
  if (text.startsWith('[')) return JSON.parse(text) as Parts;
  const middle = text.indexOf('\0');
  const lo = text[0] === 'v' ? [text.slice(2, middle)] : null;
  const hi = text[1] === 'v' ? [text.slice(middle + 1)] : null;
  return [lo, hi, [], []];
}
