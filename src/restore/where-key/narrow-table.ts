import type { Entries } from '../../format/entries.ts';
import { BackupError, codeOf } from '../../core/errors.ts';
import { sumDigests } from '../../format/digest.ts';
import type { ManifestTable, RangeEntry, SourceIdentity } from '../../format/manifest.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { keyColumns } from '../../postgres/range-sql.ts';
import type { Session } from '../../postgres/session.ts';
import type { KeyColumn } from '../../ranges/range-source.ts';
import { chooseRanges, intervalsOf } from './choose-ranges.ts';
import { readKeyTypes, type KeyType } from './key-types.ts';
import { parseCondition, refused, type KeyCondition } from './parse-condition.ts';
import { otherOrder } from './same-order.ts';

/** The part of a table that `--where-key` asks for. */
export interface TablePart {
  /** As it was given. */
  readonly text: string;
  readonly condition: KeyCondition;
  /** Ranges that are fetched, of how many; and why of all, where bounds do not tell. */
  readonly rangesFetched: number;
  readonly ranges: number;
  readonly reason: string | undefined;
  /** Rows in the ranges that are fetched. */
  readonly rowsFetched: number;
}

/** A table with only those ranges that can hold rows of the part. */
export interface NarrowedTable<Table extends ManifestTable> {
  readonly source: Table;
  readonly part: TablePart;
}

/**
 * Asks the target which ranges of a table can hold rows whose key fits. The table was checked already: its types and names are fit
 * for SQL (law 8).
 *
 * @throws BackupError `E_USAGE`
 */
export async function narrowTable<Table extends ManifestTable>(
  session: Session,
  table: Table,
  text: string,
  source: SourceIdentity,
): Promise<NarrowedTable<Table>> {
  if (table.key.length === 0) throw refused(`${table.schema}.${table.name} has no primary key`);
  const condition = parseCondition(text, table.key);
  const columns = keyColumns(table);
  const types = await readKeyTypes(
    session,
    columns.map(({ type }) => type),
  );
  const unknown = types ? undefined : 'the target lacks a type of the key';
  if (types) await checkConstants(session, condition, table.key, types);
  const reason = unknown ?? (await otherOrder(session, table, columns, types ?? [], source));
  const key = columns.map(({ name, collation }, part): KeyColumn => {
    const { type = 'text', operators = 'pg_catalog' } = types?.[part] ?? {};
    return { column: quoteIdentifier(name), type, collation, hash: null, operators };
  });
  const ranges =
    reason === undefined
      ? await chooseRanges(session, key, table.ranges, intervalsOf(condition, table.key))
      : table.ranges;
  const narrowed = withRanges(table, ranges);
  const part = {
    text,
    condition,
    rangesFetched: ranges.length,
    ranges: table.ranges.length,
    reason,
    rowsFetched: narrowed.rows,
  };
  return { source: narrowed, part };
}

function withRanges<Table extends ManifestTable>(table: Table, ranges: Entries<RangeEntry>): Table {
  const used = new Set(ranges.flatMap(({ base, patches }) => [base, ...patches.map(({ chunk }) => chunk)]));
  return {
    ...table,
    ranges,
    chunks: table.chunks.filter(({ number }) => used.has(number)),
    rows: ranges.reduce((sum, { rows }) => sum + rows, 0),
    digest: sumDigests(ranges.map(({ digest }) => digest)),
  };
}

/** A constant that its column's type cannot be is told before anything is fetched. */
async function checkConstants(
  session: Session,
  condition: KeyCondition,
  key: readonly string[],
  types: readonly KeyType[],
): Promise<void> {
  const values: string[] = [];
  const casts = condition.flatMap((test) =>
    (test.operator === 'in' ? test.values : [test.value]).map(
      (value) => `$${values.push(value)}::text::${types[key.indexOf(test.column)]?.type}`,
    ),
  );
  try {
    await session.query(
      `SELECT ${casts.map((cast) => `(${cast}) IS NULL`).join(', ')}`,
      values,
      '--where-key',
    );
  } catch (error) {
    const isData = error instanceof BackupError && codeOf(error.cause)?.startsWith('22');
    if (!isData) throw error;
    throw refused(error.cause instanceof Error ? error.cause.message : error.message, error);
  }
}
