import { readCheckpoint } from '../../repository/checkpoint.ts';

/** A run that did not reach its commit: what the next one need not ship again. */
export interface InterruptedRun {
  readonly runId: string;
  readonly ranges: number;
  readonly rows: number;
}

/** The run that the checkpoint tells of, if it is one into this store. It may still be under way. */
export async function findInterruptedRun(path: string, storeUrl: string): Promise<InterruptedRun | null> {
  const read = await readCheckpoint(path);
  if (read.kind !== 'read') return null;
  const { runId, store, entries } = read.checkpoint;
  if (runId === null || store !== storeUrl) return null;
  return { runId, ranges: entries.length, rows: entries.reduce((sum, { range }) => sum + range.rows, 0) };
}
