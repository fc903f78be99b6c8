import { keyPositions } from '../format/merge-key.ts';
import { rangeCopy, rangeCopySql } from '../postgres/range-sql.ts';
import type { Bounds } from '../ranges/range-source.ts';
import { describeRows } from './base-entry.ts';
import type { RowsRequest } from './ship-context.ts';
import type { TablePlan } from './table-plan.ts';

/** Asks for all rows of a range, of which so many were counted. */
export function rangeRequest(
  { definition, readable, rowBytes }: Pick<TablePlan, 'definition' | 'readable' | 'rowBytes'>,
  { lo, hi }: Bounds,
  rows: number,
): RowsRequest {
  const copy = rangeCopy(readable, lo, hi);
  const key = keyPositions(definition);
  const inPortions = { ...copy, rows, rowBytes };
  return { sql: rangeCopySql(copy), inPortions, rowsOf: describeRows({ lo, hi }), key, slices: [] };
}
