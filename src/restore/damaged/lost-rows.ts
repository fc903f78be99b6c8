import { addDigests, subtractDigests } from '../../format/digest.ts';
import { describeBounds } from '../../format/describe-bounds.ts';
import type { RangeEntry } from '../../format/manifest.ts';
import type { Reporter } from '../../core/events.ts';
import { displayName, type LostRows, type TablePlan } from '../restore-plan.ts';
import type { SoundRows } from './load-sound.ts';

/** A range of which not all was loaded. */
export interface LossyRange extends SoundRows {
  readonly table: TablePlan;
  readonly range: RangeEntry;
}

/** The tables as they are without what was lost: that is what they are proved by from now on. */
export function withoutLost(
  tables: readonly TablePlan[],
  lossy: readonly LossyRange[],
  reporter: Reporter,
): TablePlan[] {
  return tables.map((table) => {
    const own = lossy.filter((one) => one.table === table);
    if (own.length === 0) return table;
    const { source, part } = table;
    let { rows, digest } = source;
    const lost = own.map(({ range, loaded, reasons }): LostRows => {
      rows += loaded.rows - range.rows;
      digest = addDigests(subtractDigests(digest, range.digest), loaded.digest);
      const { lo, hi } = range;
      const name = displayName(table.target);
      return { table: name, lo, hi, rows: range.rows - loaded.rows, rowsRestored: loaded.rows, reasons };
    });
    for (const one of lost) reporter.log('error', describeLost(one));
    const fetched = part ? { part: { ...part, rowsFetched: rows } } : {};
    return { ...table, source: { ...source, rows, digest }, lost, ...fetched };
  });
}

/** `Left out of public.articles: 1,000 rows in (1000, 2000]: …` */
export function describeLost({ table, lo, hi, rows, rowsRestored, reasons }: LostRows): string {
  const count = (some: number) => some.toLocaleString('en-US');
  const others = rowsRestored === 0 ? '' : ` (${count(rowsRestored)} others of it are restored)`;
  const why = [...new Set(reasons)].join('; ');
  return `Left out of ${table}: ${count(rows)} rows in ${describeBounds({ lo, hi })}${others}: ${why}`;
}
