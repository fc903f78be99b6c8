import { LogProgress } from './log-progress.ts';
import {
  restoreResult,
  verifyResult,
  type BackupFigures,
  type RestoreFigures,
  type VerifyFigures,
} from './results.ts';
import type { Stage } from './stage.ts';

/** Into the empty database. */
export async function restore(
  { screen, commands, target }: Stage,
  from: BackupFigures,
): Promise<RestoreFigures> {
  screen.begin('restore');
  const progress = new LogProgress((done) => screen.progress(done, rowsOf(from)));
  const figures = await commands.run({
    command: 'restore',
    args: ['--at', from.manifest],
    schema: restoreResult,
    urls: { targetUrl: target.url },
    onLogLine: (line) => progress.read(line),
  });
  screen.done('restore', figures);
  return figures;
}

/** Every chunk of the restore point: downloaded, hashed, decoded, compared. */
export async function verifyDeep({ screen, commands }: Stage, of: BackupFigures): Promise<VerifyFigures> {
  screen.begin('verifyDeep');
  const progress = new LogProgress((done) => screen.progress(done, rowsOf(of)));
  const figures = await commands.run({
    command: 'verify',
    args: ['--at', of.manifest, '--deep'],
    schema: verifyResult,
    onLogLine: (line) => progress.read(line),
  });
  const [table] = of.tables;
  const chunks = (table?.chunksWritten ?? 0) + (table?.chunksReused ?? 0);
  screen.done('verifyDeep', { ...figures, chunks });
  return figures;
}

/** The restored database against the restore point. */
export async function verifyAgainst(
  { screen, commands, target }: Stage,
  of: BackupFigures,
): Promise<VerifyFigures> {
  screen.begin('verifyAgainst');
  const progress = new LogProgress((done) => screen.progress(done, rowsOf(of)));
  const figures = await commands.run({
    command: 'verify',
    args: ['--at', of.manifest],
    schema: verifyResult,
    urls: { against: target.url },
    onLogLine: (line) => progress.read(line),
  });
  screen.done('verifyAgainst', figures);
  return figures;
}

function rowsOf({ tables }: BackupFigures): number {
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}
