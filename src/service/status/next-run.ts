import type { BackupInput } from '../../backup/backup-input.ts';
import { planBackup } from '../../backup/dry-run.ts';
import { rowsToShip } from '../../backup/range-steps.ts';
import type { TablePlan } from '../../backup/table-plan.ts';
import { BackupError } from '../../core/errors.ts';
import { connect } from '../../postgres/connect.ts';
import { findTables } from '../../postgres/find-tables.ts';

/** What a run would do now, or why nobody can tell. */
export type NextRun =
  | {
      readonly state: 'planned';
      readonly tables: readonly PlannedTable[];
      readonly rowsToShip: number;
      readonly estimatedBytes: number;
      /** User tables that no `--table` rule covers. */
      readonly uncovered: readonly string[];
    }
  | {
      readonly state: 'unknown';
      readonly error: { readonly code: string; readonly message: string; readonly hint: string };
    };

export interface PlannedTable {
  readonly table: string;
  readonly rows: number;
  readonly rowsToShip: number;
  readonly rangesReused: number;
  readonly rangesPatched: number;
  readonly rangesShipped: number;
  readonly estimatedBytes: number;
}

/** Plans the next run. A database that cannot be reached or planned for is part of the answer, not a failure. */
export async function planNextRun(
  openInput: () => Promise<BackupInput>,
  signal: AbortSignal,
): Promise<NextRun> {
  try {
    const input = await openInput();
    const tables = (await planBackup(input)).tables.map(summarize);
    const sum = (field: 'rowsToShip' | 'estimatedBytes') =>
      tables.reduce((total, table) => total + table[field], 0);
    return {
      state: 'planned',
      tables,
      rowsToShip: sum('rowsToShip'),
      estimatedBytes: sum('estimatedBytes'),
      uncovered: await listUncovered(input),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BackupError)) throw error;
    const { code, message, hint } = error;
    return { state: 'unknown', error: { code, message, hint } };
  }
}

function summarize({ definition, rows, rowBytes, steps }: TablePlan): PlannedTable {
  const toShip = steps.changed.reduce((sum, step) => sum + rowsToShip(step), 0);
  return {
    table: `${definition.schema}.${definition.name}`,
    rows,
    rowsToShip: toShip,
    rangesReused: steps.count('reuse'),
    rangesPatched: steps.count('patch'),
    rangesShipped: steps.count('base'),
    estimatedBytes: Math.round(toShip * rowBytes),
  };
}

/**
 * What `--table '*'` would back up, and the rules given leave out. Of a partitioned table with its partitions the topmost is
 * named; it is named also where each of its partitions has a rule of its own, because those to come have none.
 */
async function listUncovered({ target, settings, signal }: BackupInput): Promise<string[]> {
  const session = await connect(target, { purpose: 'status', signal });
  try {
    const covered = await findTables(session, settings.tables);
    const all = await findTables(session, ['*']);
    const oids = new Set([...covered.tables, ...covered.partitionedTables].map(({ oid }) => oid));
    const left = [...all.partitionedTables, ...all.tables].filter(({ oid }) => !oids.has(oid));
    const leftOids = new Set(left.map(({ oid }) => oid));
    return left
      .filter(({ ancestors }) => !ancestors.some((oid) => leftOids.has(oid)))
      .map(({ schema, name }) => `${schema}.${name}`);
  } finally {
    await session.close();
  }
}
