import pMap from 'p-map';
import { BackupError } from '../core/errors.ts';
import { retry } from '../core/retry.ts';
import { addDigests, sumDigests } from '../format/digest.ts';
import { quoteLiteral } from '../postgres/quote.ts';
import type { Session } from '../postgres/session.ts';
import { nameList, relationSql } from '../postgres/target-relations.ts';
import type { LoadResult } from './load-job.ts';
import type { LoadParts } from './load-tables.ts';
import { displayName, type TablePlan } from './restore-plan.ts';
import { staged } from './staging.ts';

/** Pages of the table that are read back at once; the large columns are beside them. */
const pagesPerRead = 2048;

/**
 * Reads every staging table back, in parallel, and requires its rows and content digest to be the manifest's (law 2).
 *
 * @throws BackupError `E_RESTORE_MISMATCH`
 */
export async function readBack(
  session: Session,
  tables: readonly TablePlan[],
  parts: LoadParts,
): Promise<void> {
  const found = await digestStaged(session, tables, parts);
  for (const [index, table] of tables.entries()) {
    requireEqual(table, found[index] ?? { rows: 0, digest: addDigests() });
  }
}

/** Rows and content digest of each staging table, read in parallel. */
export async function digestStaged(
  session: Session,
  tables: readonly TablePlan[],
  { input, staging, pool, signal }: LoadParts,
): Promise<LoadResult[]> {
  const reads: { readonly table: TablePlan; readonly sql: string }[] = [];
  for (const table of tables) {
    const place = relationSql(staged(staging, table.target));
    const pages = await pagesOf(session, place);
    for (let first = 0; first < pages; first += pagesPerRead) {
      const rows = `ctid >= '(${first},0)'::tid AND ctid < '(${first + pagesPerRead},0)'::tid`;
      reads.push({ table, sql: copySql(table, `ONLY ${place} WHERE ${rows}`) });
    }
  }
  const results = await pMap(
    reads,
    async ({ table, sql }) => ({
      table,
      ...(await retry(() => pool.run({ kind: 'digest', sql }, signal), { signal })),
    }),
    { concurrency: input.settings.maxWorkers, stopOnError: true, signal },
  );
  return tables.map((table) => {
    const own = results.filter((result) => result.table === table);
    const rows = own.reduce((sum, result) => sum + result.rows, 0);
    return { rows, digest: sumDigests(own.map(({ digest }) => digest)) };
  });
}

/** `COPY` of all columns in the manifest's order. */
export function copySql({ source }: TablePlan, from: string): string {
  return `COPY (SELECT ${nameList(source.columns.map(({ name }) => name))} FROM ${from}) TO STDOUT`;
}

async function pagesOf(session: Session, table: string): Promise<number> {
  const [row] = await session.query<{ pages: string }>(
    `SELECT pg_catalog.pg_relation_size(${quoteLiteral(table)}::regclass)
            / pg_catalog.current_setting('block_size')::int8 AS pages`,
    [],
    'measuring a staging table',
  );
  return Number(row?.pages ?? 0);
}

/** @throws BackupError `E_RESTORE_MISMATCH` */
export function requireEqual({ source, target }: TablePlan, found: LoadResult): void {
  if (found.rows === source.rows && found.digest === source.digest) return;
  throw new BackupError(
    'E_RESTORE_MISMATCH',
    `${displayName(target)} read back has ${found.rows} rows with digest ${found.digest} instead of ${source.rows} with ${source.digest}`,
  );
}
