import type { ChunkEntry, Manifest, ManifestTable, RangeEntry } from '../../format/manifest.ts';
import type { Store } from '../../store/store.ts';
import { nameOf, UsedChunks } from '../../verify/chunk-use.ts';
import type { Finding } from '../../verify/finding.ts';

/** A range whose rows cannot be put together from its chunks. */
export interface DamagedRange {
  readonly table: ManifestTable;
  /** Position among the ranges of the table. */
  readonly position: number;
  readonly range: RangeEntry;
  /** Those of its chunks that are missing or damaged; its base, where sound chunks do not give its rows. */
  readonly chunks: readonly ChunkEntry[];
}

export interface Damage {
  readonly ranges: readonly DamagedRange[];
  /** What is not about chunks. */
  readonly others: readonly Finding[];
}

/** The ranges that the findings of `verify --deep` concern. */
export function findDamage(store: Store, manifest: Manifest, findings: readonly Finding[]): Damage {
  const objects = new Set(
    findings.filter(({ code }) => code.startsWith('CHUNK_')).map(({ object }) => object),
  );
  const misfits = findings.filter(({ code }) => code === 'RANGE_DIGEST');
  const names = new Set(
    misfits.flatMap(({ table = '', ranges = [] }) => ranges.map(({ lo, hi }) => rangeName(table, lo, hi))),
  );
  const damaged = new Map<number, ChunkEntry>();
  for (const { entry } of new UsedChunks(manifest)) {
    if (objects.has(store.objectKey(entry.key))) damaged.set(entry.number, entry);
  }
  const ranges: DamagedRange[] = [];
  for (const table of manifest.tables) {
    let position = 0;
    for (const range of table.ranges) {
      const numbers = new Set([range.base, ...range.patches.map(({ chunk }) => chunk)]);
      const chunks = [...numbers].map((number) => damaged.get(number)).filter((entry) => entry !== undefined);
      if (chunks.length === 0 && names.has(rangeName(nameOf(table), range.lo, range.hi))) {
        chunks.push(...table.chunks.filter(({ number }) => number === range.base));
      }
      if (chunks.length > 0) ranges.push({ table, position, range, chunks });
      position += 1;
    }
  }
  const others = findings.filter(({ code }) => !code.startsWith('CHUNK_') && code !== 'RANGE_DIGEST');
  return { ranges, others };
}

function rangeName(table: string, lo: RangeEntry['lo'], hi: RangeEntry['hi']): string {
  return JSON.stringify([table, lo, hi]);
}
