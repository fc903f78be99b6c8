import { jsonLines } from '../chunk/json-lines.ts';
import { keyText } from '../chunk/merge-rows.ts';
import type { ColumnFormat } from '../format/columns.ts';
import type { ComparedTable, TableSide } from './compared-table.ts';
import type { RowChange } from './match-rows.ts';

/**
 * Changes as JSON Lines: `{"table":"public.articles","change":"updated","key":{"id":15},"old":{…},"new":{…}}`. Rows are
 * the objects that chunks hold; `key` is null where rows are told by their content, `old` or `new` where there is none.
 */
export function changeLines(table: ComparedTable, changes: readonly RowChange[]): string {
  const name = JSON.stringify(table.name);
  const old = linesOf(
    changes.map((one) => (one.change === 'inserted' ? undefined : one.before)),
    table.before.columns,
  );
  const fresh = linesOf(
    changes.map((one) => (one.change === 'deleted' ? undefined : one.after)),
    table.after.columns,
  );
  const keys = linesOf(
    changes.map((one) => keyRow(one, table)),
    keyColumns(table.after),
  );
  return changes
    .map(
      ({ change }, index) =>
        `{"table":${name},"change":"${change}","key":${keys[index]},"old":${old[index]},"new":${fresh[index]}}\n`,
    )
    .join('');
}

/** The JSON of each row, `null` where there is none: encoded together, as one row alone costs as much as many. */
function linesOf(rows: readonly (Uint8Array | undefined)[], columns: readonly ColumnFormat[]): string[] {
  const lines = jsonLines(Buffer.concat(rows.filter((row) => row !== undefined)), columns)
    .toString()
    .split('\n');
  let next = 0;
  return rows.map((row) => (row ? (lines[next++] ?? '') : 'null'));
}

function keyRow(change: RowChange, { before, after }: ComparedTable): Uint8Array | undefined {
  if (after.key.length === 0) return undefined;
  const text =
    change.change === 'deleted' ? keyText(change.before, before.key) : keyText(change.after, after.key);
  return Buffer.from(`${text}\n`, 'latin1');
}

function keyColumns({ columns, key }: TableSide): ColumnFormat[] {
  return key.map((position) => columns[position]).filter((column) => column !== undefined);
}
