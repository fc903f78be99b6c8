import type pg from 'pg';
import { BackupError } from '../core/errors.ts';
import { digestOfCopy } from './copy-digest.ts';
import type { Proof } from './demo-steps.ts';
import type { Stage } from './stage.ts';

/**
 * Compares the restored table with a plain copy of the source, taken in the very snapshot of the backup.
 *
 * @throws BackupError `E_VERIFY_DAMAGED` when they differ, or when a row that was committed late is missing
 */
export async function compareCopies(
  { screen, target }: Stage,
  witness: pg.Client | undefined,
  lateIds: readonly number[],
): Promise<Proof> {
  screen.begin('compare');
  const client = await target.connect();
  const [source, restored] = [witness && (await digestOfCopy(witness)), await digestOfCopy(client)];
  const { rowCount } = await client.query('SELECT FROM articles WHERE id = ANY($1::int[])', [lateIds]);
  const proof = { lateRows: lateIds.length, lateRowsRestored: rowCount ?? 0, source, restored };
  if (source !== undefined && source.sha256 !== restored.sha256) {
    throw differs(`its COPY text has SHA-256 ${restored.sha256}, that of the source ${source.sha256}`);
  }
  if (proof.lateRowsRestored !== proof.lateRows) {
    throw differs(`it holds ${proof.lateRowsRestored} of ${proof.lateRows} rows that were committed late`);
  }
  screen.done('compare', proof);
  return proof;
}

function differs(how: string): BackupError {
  return new BackupError('E_VERIFY_DAMAGED', `the restored table is not the source: ${how}`, {
    hint: 'Please report this with the folder of the demo.',
  });
}
