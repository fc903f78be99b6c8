import { keyText, rowsOf } from '../chunk/merge-rows.ts';
import type { ComparedTable, TableSide } from './compared-table.ts';

/** A row that differs, each side as `COPY` text with its newline. */
export type RowChange =
  | { readonly change: 'inserted'; readonly after: Uint8Array }
  | { readonly change: 'deleted'; readonly before: Uint8Array }
  | { readonly change: 'updated'; readonly before: Uint8Array; readonly after: Uint8Array };

/** The rows of one side, in pieces of whole rows. */
export type RowPieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** The rows that differ between two sides that fit into memory. What is returned are views of the pieces. */
export async function matchRows(
  table: ComparedTable,
  before: RowPieces,
  after: RowPieces,
): Promise<RowChange[]> {
  return table.matchedBy === 'key' ? matchByKey(table, before, after) : matchByContent(table, before, after);
}

async function matchByKey(table: ComparedTable, before: RowPieces, after: RowPieces): Promise<RowChange[]> {
  const old = new Map<string, Uint8Array>();
  for await (const piece of before) for (const row of rowsOf(piece)) old.set(nameOf(row, table.before), row);
  const changes: RowChange[] = [];
  for await (const piece of after) {
    for (const row of rowsOf(piece)) {
      const name = nameOf(row, table.after);
      const was = old.get(name);
      if (!was) changes.push({ change: 'inserted', after: row });
      else if (!isEqual(was, row, table)) changes.push({ change: 'updated', before: was, after: row });
      old.delete(name);
    }
  }
  for (const row of old.values()) changes.push({ change: 'deleted', before: row });
  return changes;
}

/** As multisets: a row that is there three times before and once after was deleted twice. */
async function matchByContent(
  table: ComparedTable,
  before: RowPieces,
  after: RowPieces,
): Promise<RowChange[]> {
  const counts = new Map<string, { row: Uint8Array; count: number }>();
  const count = async (pieces: RowPieces, side: TableSide, step: 1 | -1) => {
    for await (const piece of pieces) {
      for (const row of rowsOf(piece)) {
        const name = nameOf(row, side);
        const known = counts.get(name);
        if (!known) counts.set(name, { row, count: step });
        else {
          // The row that is shown must be of the side that has more of it.
          if (known.count === 0) known.row = row;
          known.count += step;
        }
      }
    }
  };
  await count(before, table.before, 1);
  await count(after, table.after, -1);
  const changes: RowChange[] = [];
  for (const { row, count: more } of counts.values()) {
    for (let times = 0; times < more; times++) changes.push({ change: 'deleted', before: row });
    for (let times = 0; times > more; times--) changes.push({ change: 'inserted', after: row });
  }
  return changes;
}

/** What tells a row: its key, or without one all that is compared of it. */
export function nameOf(row: Uint8Array, { key, compared }: TableSide): string {
  if (key.length > 0) return keyText(row, key);
  return compared ? keyText(row, compared) : Buffer.from(row).toString('latin1');
}

function isEqual(before: Uint8Array, after: Uint8Array, table: ComparedTable): boolean {
  const [left, right] = [table.before.compared, table.after.compared];
  if (!left || !right) return Buffer.compare(before, after) === 0;
  return keyText(before, left) === keyText(after, right);
}
