import { fieldOf, unescapeField } from '../chunk/fields.ts';
import type { ComparedTable, TableSide } from '../diff/compared-table.ts';
import type { RowChange } from '../diff/match-rows.ts';
import { visible } from './logging/log-line.ts';

const longestValue = 40;
const mostColumns = 6;

/** Changes for people, a line each: what became of which row, and of an updated one what it was and is. */
export function renderChanges(table: ComparedTable, changes: readonly RowChange[]): string {
  return changes.map((change) => `  ${change.change.padEnd(8)}  ${describe(change, table)}\n`).join('');
}

function describe(change: RowChange, table: ComparedTable): string {
  if (change.change === 'inserted') return nameOf(change.after, table.after);
  if (change.change === 'deleted') return nameOf(change.before, table.before);
  const changed = changedColumns(change.before, change.after, table);
  const more = changed.length > mostColumns ? [`and ${changed.length - mostColumns} more`] : [];
  return `${nameOf(change.after, table.after)}  ${[...changed.slice(0, mostColumns), ...more].join(', ')}`;
}

/** The key, or without one what the row begins with. */
function nameOf(row: Uint8Array, { columns, key }: TableSide): string {
  const shown = key.length > 0 ? key : columns.slice(0, mostColumns).map((_, position) => position);
  return shown.map((position) => `${columns[position]?.name}=${show(row, position)}`).join(' ');
}

function changedColumns(before: Uint8Array, after: Uint8Array, table: ComparedTable): string[] {
  return table.after.columns.flatMap(({ name }, position) => {
    const old = table.before.columns.findIndex((column) => column.name === name);
    if (old < 0 || textOf(before, old) === textOf(after, position)) return [];
    return [`${name}: ${show(before, old)} → ${show(after, position)}`];
  });
}

function textOf(row: Uint8Array, position: number): string | null {
  return unescapeField(fieldOf(row, 0, row.length, position));
}

function show(row: Uint8Array, position: number): string {
  const text = textOf(row, position);
  if (text === null) return 'NULL';
  const characters = Array.from(text.slice(0, 4 * longestValue));
  const isLong = characters.length > longestValue;
  return visible(isLong ? `${characters.slice(0, longestValue).join('')}…` : text);
}
