import type { Reporter } from '../core/events.ts';
import { mostUncovered } from '../format/manifest-schema.ts';
import type { PartitionedTable, UncoveredRelation } from '../format/manifest.ts';
import { checkReadable } from '../postgres/check-readable.ts';
import { estimateMostRows } from '../postgres/estimate-most-rows.ts';
import { findTables } from '../postgres/find-tables.ts';
import { readPartitionedTable, readTableDefinition } from '../postgres/read-table-definition.ts';
import type { Session } from '../postgres/session.ts';
import type { BackupInput } from './backup-input.ts';
import { readTableFacts, type TableFacts } from './open-table.ts';

/** What the source itself says of the tables of a run, within the run's snapshot. */
export interface Catalogue {
  readonly tables: readonly TableFacts[];
  readonly partitionedTables: readonly PartitionedTable[];
  /** What was meant and is not backed up; no more than a manifest names. */
  readonly uncovered: readonly UncoveredRelation[];
}

/**
 * @param onRows told at once how many rows the server believes the largest table to have
 * @throws BackupError as `findTables` and `checkReadable` do; `E_SOURCE_CHANGED` where a table is gone
 */
export async function readCatalogue(
  session: Session,
  { settings, reporter }: Pick<BackupInput, 'settings' | 'reporter'>,
  onRows: (estimatedRows: number) => void,
): Promise<Catalogue> {
  const found = await findTables(session, settings.tables);
  const uncovered = nameUncovered(found.uncovered, reporter);
  onRows(await estimateMostRows(session, found.tables));
  const tables: TableFacts[] = [];
  for (const { oid } of found.tables) {
    const definition = await readTableDefinition(session, oid);
    await checkReadable(session, definition);
    tables.push(await readTableFacts(session, definition));
  }
  const partitionedTables: PartitionedTable[] = [];
  for (const { oid } of found.partitionedTables) {
    partitionedTables.push(await readPartitionedTable(session, oid));
  }
  return { tables, partitionedTables, uncovered };
}

/** Says in the log what is not backed up; as many are named as a manifest names. */
function nameUncovered(all: readonly UncoveredRelation[], reporter: Reporter): UncoveredRelation[] {
  const named = all.slice(0, mostUncovered);
  for (const { schema, name, reason } of named) {
    reporter.log('warn', `Not backed up: ${schema}.${name} (${reason})`);
  }
  if (all.length > named.length) reporter.log('warn', `Not backed up: ${all.length - named.length} more`);
  return named;
}
