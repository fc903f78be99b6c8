import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../embedded/start-embedded-postgres.ts';
import { backUpFirst, backUpWhileWriting } from './back-up.ts';
import { changeArticles, RecentIds } from './change-articles.ts';
import { compareCopies } from './compare-copies.ts';
import { DemoCommands } from './demo-commands.ts';
import { DemoDatabase } from './demo-database.ts';
import { makeDemoFolder } from './demo-folder.ts';
import type { DemoInput } from './demo-input.ts';
import type { DemoResult } from './demo-result.ts';
import type { ChangeFigures } from './demo-steps.ts';
import { fillArticles, type Filled } from './fill-articles.ts';
import { restore, verifyAgainst, verifyDeep } from './restore-and-verify.ts';
import type { Stage } from './stage.ts';

/**
 * The whole path on real parts: a PostgreSQL server of its own, the real binary, changes while it runs, and a proof by
 * other means. It ends all that it starts; what it leaves are its folder and the objects in a store that was given.
 *
 * @throws BackupError of any code; `E_VERIFY_DAMAGED` when something is not equal that must be
 */
export async function runDemo(input: DemoInput): Promise<DemoResult> {
  const { screen, signal, startedAt } = input;
  const folder = await makeDemoFolder(input.parentFolder, startedAt);
  const place = { folder, store: storeOf(input, folder) };
  screen.open(place);
  screen.begin('server');
  const server = await startEmbeddedPostgres({ signal });
  // Ends every query that somebody waits for.
  const end = (): void => void server.stop();
  signal.addEventListener('abort', end, { once: true });
  try {
    signal.throwIfAborted();
    input.protect(server.password);
    screen.done('server', { major: server.major, port: server.port });
    const story = await onStage(input, server, place, async (stage) => tell(stage, input.rows));
    const durationSeconds = (Date.now() - startedAt.getTime()) / 1000;
    return { status: 'completed', ...place, postgresMajor: server.major, ...story, durationSeconds };
  } finally {
    signal.removeEventListener('abort', end);
    await server.stop();
  }
}

type Story = Omit<DemoResult, 'status' | 'folder' | 'store' | 'postgresMajor' | 'durationSeconds'>;

/** The story itself. */
async function tell(stage: Stage, rows: number): Promise<Story> {
  // 1. The table, and two transactions that have written to it but not committed.
  const filled = await fill(stage, rows);

  // 2. The first backup: everything that is committed.
  const firstBackup = await backUpFirst(stage, rows);

  // 3. A day's changes; what was open is committed.
  const ids = new RecentIds(filled.idsBelow);
  const changes = await change(stage, filled, ids);

  // 4. The second backup: what changed, while a writer goes on.
  const second = await backUpWhileWriting(stage, ids, filled.nextArticle + changes.inserted);
  const { figures: secondBackup, writer } = second;

  // 5. Into an empty database, and verified both ways.
  const restored = await restore(stage, secondBackup);
  const deep = await verifyDeep(stage, secondBackup);
  const against = await verifyAgainst(stage, secondBackup);

  // 6. Proof by other means.
  const proof = await compareCopies(stage, second.witness, filled.late.ids);
  return {
    firstBackup,
    changes,
    writer,
    secondBackup,
    restore: restored,
    verifyDeep: deep,
    verifyAgainst: against,
    proof,
  };
}

async function fill({ screen, source }: Stage, rows: number): Promise<Filled> {
  screen.begin('fill');
  const filled = await fillArticles(source, rows, (done) => screen.progress(done, rows));
  screen.done('fill', { rows, bytes: filled.bytes, lateRows: filled.late.ids.length });
  return filled;
}

async function change({ screen, source }: Stage, filled: Filled, ids: RecentIds): Promise<ChangeFigures> {
  screen.begin('changes');
  const changes = await changeArticles(await source.connect(), ids, filled);
  await filled.late.commit();
  const figures = { ...changes, committedLate: filled.late.ids.length };
  screen.done('changes', figures);
  return figures;
}

/** Two databases and the commands, for as long as `work` goes on. */
async function onStage<T>(
  input: DemoInput,
  server: EmbeddedPostgres,
  place: { readonly folder: string; readonly store: string },
  work: (stage: Stage) => Promise<T>,
): Promise<T> {
  const source = await DemoDatabase.create(server, 'storymap');
  const target = await DemoDatabase.create(server, 'storymap_restored');
  const commands = new DemoCommands(input, { ...place, databaseUrl: source.url });
  try {
    return await work({ screen: input.screen, commands, source, target });
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}

/** A given store may hold other backups, and may be given twice: each demo takes a prefix of its own in it. */
function storeOf({ storeUrl }: DemoInput, folder: string): string {
  if (storeUrl === undefined) return pathToFileURL(join(folder, 'store')).href;
  return `${storeUrl.replace(/\/+$/, '')}/${basename(folder)}`;
}
