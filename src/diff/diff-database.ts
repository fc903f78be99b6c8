import { BugError } from '../core/errors.ts';
import { chooseTables } from '../postgres/choose-tables.ts';
import type { StoredManifest } from '../repository/manifests.ts';
import { compareStructures } from './compared-table.ts';
import { compareTable } from './compare-table.ts';
import { DatabaseReader } from './database-reader.ts';
import type { DiffInput, TableDiff } from './diff-input.ts';
import type { Compared, DiffMeans } from './diff-parts.ts';
import { progressOf } from './diff-progress.ts';
import { oneSided } from './one-sided.ts';
import { planDatabase } from './plan-database.ts';

/** Compares the tables of a restore point with those of a database, which are all read as of one snapshot. */
export async function diffDatabase(
  from: StoredManifest,
  input: DiffInput,
  { points, limits }: DiffMeans,
): Promise<Compared> {
  if (input.to.kind !== 'database') throw new BugError('no database to compare with');
  const tables = chooseTables(from.manifest, input.tables);
  const database = await DatabaseReader.open(input.to.target, input.maxWorkers, input.signal);
  try {
    const parts = {
      take: input.take,
      atOnce: database.atOnce + 1,
      progress: progressOf(tables, input.reporter),
    };
    const { collation } = from.manifest.source;
    const found: TableDiff[] = [];
    for (const kept of tables) {
      const definition = await database.define(kept.schema, kept.name);
      if (!definition) {
        found.push(oneSided(kept, undefined));
        continue;
      }
      const compared = compareStructures(kept, definition);
      const works = await planDatabase(compared, kept, definition, { points, database, limits, collation });
      found.push(await compareTable(compared, { before: kept.rows, after: null }, works, parts));
    }
    return { to: `database ${database.database} as of ${database.takenAt}`, tables: found };
  } finally {
    await database.close();
  }
}
