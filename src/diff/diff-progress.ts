import type { Reporter } from '../core/events.ts';

/** Tells the reporter of rows that were compared or proved equal. */
export function progressOf(
  tables: readonly ({ readonly name: string; readonly rows: number } | undefined)[],
  reporter: Reporter,
): (rows: number) => void {
  const known = tables.filter((table) => table !== undefined);
  const totalRows = known.reduce((sum, { rows }) => sum + rows, 0);
  const only = known.length === 1 ? known[0]?.name : undefined;
  const phase = `comparing ${only ?? `${known.length} tables`}`;
  let done = 0;
  let segments = 0;
  return (rows) => {
    done += rows;
    segments += 1;
    reporter.progress({ phase, rows: done, totalRows, chunks: segments, bytes: 0 });
  };
}
