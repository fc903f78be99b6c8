import { setTimeout as sleep } from 'node:timers/promises';
import { isBehind, parseLsn } from '../postgres/lsn.ts';
import type { Session } from '../postgres/session.ts';
import { flushedPosition } from '../postgres/snapshot.ts';
import type { BackupInput } from './backup-input.ts';
import { isIdleSince } from './history-change.ts';
import type { Source } from './source.ts';
import type { Survey } from './survey.ts';

const pollMs = 20;

/** Beyond the time that PostgreSQL gives itself. */
const patienceMs = 30_000;

interface Flushed {
  /** WAL position; null where it does not matter. */
  readonly lsn: string | null;
  readonly page: string;
  readonly delay: string;
}

/**
 * Resolves when no crash of the source takes back a commit that the snapshot shows. With `synchronous_commit = off` a
 * commit shows before it is flushed; a crash would take it back and give its xid to another transaction, whose rows the next
 * run would then believe to have (law 1). So nothing counts before: neither a range in the checkpoint nor a manifest.
 *
 * All is flushed where the flushed position is that of the snapshot. What follows the last commit there may stay unflushed
 * for long, in a page that is not full; but a commit is flushed within three times `wal_writer_delay`, as the
 * manual of PostgreSQL has it under "Asynchronous Commit".
 */
export async function untilDurable(
  { reporter }: Pick<BackupInput, 'reporter'>,
  { session, identity }: Pick<Source, 'session' | 'identity'>,
  { snapshot, lineage }: Pick<Survey, 'snapshot' | 'lineage'>,
  signal: AbortSignal,
): Promise<void> {
  const { lsn } = snapshot.facts;
  if (!snapshot.tellsFlushed || lsn === null) return;
  // It shows what the last one showed, which was durable.
  if (lineage.manifest && isIdleSince(lineage.manifest, identity, snapshot)) return;
  const begun = performance.now();
  for (;;) {
    const flushed = await readFlushed(session);
    const waitedMs = performance.now() - begun;
    const boundMs = 3 * Number(flushed.delay);
    if (!isBehind(flushed.lsn, lsn)) return;
    if (waitedMs >= boundMs && !isPageBehind(flushed, lsn)) return;
    if (waitedMs >= boundMs + patienceMs) break;
    await sleep(pollMs, undefined, { signal });
  }
  const problem = 'The source has not flushed the WAL of what this snapshot shows';
  reporter.log('warn', `${problem}: after a crash of it, run backup --full`, { lsn });
}

async function readFlushed(session: Session): Promise<Flushed> {
  const [row] = await session.query<{ lsn: string | null; page: string; delay: string }>(
    `SELECT ${flushedPosition} AS lsn, pg_catalog.current_setting('wal_block_size') AS page,
            (SELECT s.setting FROM pg_catalog.pg_settings AS s WHERE s.name = 'wal_writer_delay') AS delay`,
    [],
    'waiting until the snapshot is durable',
  );
  return row ?? { lsn: null, page: '0', delay: '0' };
}

/** Whether a page before the one in which the WAL of the snapshot ends is not flushed yet. */
function isPageBehind({ lsn, page }: Flushed, end: string): boolean {
  const [now, then] = [parseLsn(lsn), parseLsn(end)];
  return now !== undefined && then !== undefined && now < then - (then % BigInt(page));
}
