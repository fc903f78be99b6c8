import { jsonLines } from '../chunk/json-lines.ts';
import type { ColumnFormat } from '../format/columns.ts';
import { csvHeader, csvRows } from './csv-rows.ts';
import type { ExportFormat } from './export-input.ts';

/** Rows of `COPY` text in the format of an export. */
export function formatRows(
  copyText: Uint8Array,
  columns: readonly ColumnFormat[],
  format: ExportFormat,
): Uint8Array {
  if (format === 'jsonl') return jsonLines(copyText, columns);
  return format === 'csv' ? csvRows(copyText, columns.length) : copyText;
}

/** What stands before the first row; empty where nothing does. */
export function formatHeader(columns: readonly ColumnFormat[], format: ExportFormat): Uint8Array {
  return format === 'csv' ? csvHeader(columns.map(({ name }) => name)) : new Uint8Array(0);
}
