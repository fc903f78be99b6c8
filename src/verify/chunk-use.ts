import type { ChunkEntry, Manifest, ManifestTable, RangeEntry } from '../format/manifest.ts';
import { describeBounds, type AffectedRange, type Finding, type FindingCode } from './finding.ts';

/** A chunk of a restore point, with the table whose rows it holds. */
export interface UsedChunk {
  readonly entry: ChunkEntry;
  readonly table: ManifestTable;
}

export function chunksOf(manifest: Manifest): UsedChunk[] {
  return manifest.tables.flatMap((table) => table.chunks.map((entry) => ({ entry, table })));
}

export function nameOf({ schema, name }: Pick<ManifestTable, 'schema' | 'name'>): string {
  return `${schema}.${name}`;
}

/** A finding on a chunk that tells what is lost with it: table, ranges and rows. */
export function chunkFinding(
  code: FindingCode,
  { entry, table }: UsedChunk,
  object: string,
  problem: string,
): Finding {
  const ranges = rangesIn(entry, table);
  const rows = ranges.reduce((sum, range) => sum + range.rows, 0);
  const shown = ranges.slice(0, 3).map(describeBounds).join(', ');
  const more = ranges.length > 3 ? ` and ${ranges.length - 3} more` : '';
  const held = `it held ${rows.toLocaleString('en-US')} rows of ${nameOf(table)}, ${ranges.length === 1 ? 'range' : 'ranges'} ${shown}${more}`;
  return { code, object, detail: `${problem}; ${held}`, table: nameOf(table), ranges };
}

/** The ranges that need the chunk, with the rows of it that each uses. */
function rangesIn({ number, rows }: ChunkEntry, table: ManifestTable): AffectedRange[] {
  return table.ranges.flatMap(({ lo, hi, base, patches }: RangeEntry) => {
    const patched = patches.reduce((sum, patch) => sum + (patch.chunk === number ? patch.rows : 0), 0);
    const used = patched + (base === number ? rows : 0);
    return used > 0 ? [{ lo, hi, rows: used }] : [];
  });
}
