import type pg from 'pg';
import type { RecentIds } from './change-articles.ts';
import { adoptExportedSnapshot } from './exported-snapshot.ts';
import { LogProgress } from './log-progress.ts';
import { backupResult, type BackupFigures } from './results.ts';
import type { Stage } from './stage.ts';
import { startWriter, type Written } from './writer.ts';

/** Everything, into an empty store. */
export async function backUpFirst({ screen, commands }: Stage, rows: number): Promise<BackupFigures> {
  screen.begin('firstBackup');
  const progress = new LogProgress((done) => screen.progress(done, rows));
  const figures = await commands.run({
    command: 'backup',
    schema: backupResult,
    onLogLine: (line) => progress.read(line),
  });
  screen.done('firstBackup', figures);
  return figures;
}

export interface SecondBackup {
  readonly figures: BackupFigures;
  readonly writer: Written;
  /** A connection that sees what the backup saw; undefined when the backup was over too soon. */
  readonly witness: pg.Client | undefined;
}

/** What changed, while a writer goes on changing. */
export async function backUpWhileWriting(
  { screen, commands, source }: Stage,
  ids: RecentIds,
  nextArticle: number,
): Promise<SecondBackup> {
  screen.begin('secondBackup');
  const client = await source.connect();
  const progress = new LogProgress((done) => screen.progress(done));
  let adopting: Promise<string | undefined> = Promise.resolve(undefined);
  const running = await startWriter(source, ids, nextArticle);
  const figures = await commands.run({
    command: 'backup',
    schema: backupResult,
    onLogLine: (line) => {
      progress.read(line);
      if (!line.includes(' | INFO | Snapshot ')) return;
      adopting = adoptExportedSnapshot(client);
      // Awaited below; the command may fail before.
      adopting.catch(() => undefined);
    },
  });
  const writer = await running.stop();
  const isSame = (await adopting) === figures.snapshot.text;
  screen.done('secondBackup', { figures, writer });
  return { figures, writer, witness: isSame ? client : undefined };
}
