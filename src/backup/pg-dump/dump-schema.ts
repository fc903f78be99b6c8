import { createHash } from 'node:crypto';
import type { SchemaDump } from '../../format/manifest.ts';
import type { Snapshot } from '../../postgres/snapshot.ts';
import { isSchemaDumpThere, putSchemaDump } from '../../repository/schema-dumps.ts';
import type { BackupInput } from '../backup-input.ts';
import type { Lineage } from '../lineage.ts';
import type { Source } from '../source.ts';
import { findPgDump } from './find-pg-dump.ts';
import { pgDumpEnvironment } from './pg-dump-environment.ts';
import { runPgDump } from './run-pg-dump.ts';

export interface DumpInput {
  readonly input: BackupInput;
  readonly source: Source;
  readonly snapshot: Snapshot;
  readonly lineage: Lineage;
  readonly signal: AbortSignal;
}

/**
 * Stores what `pg_dump --schema-only` prints within the run's snapshot, as an object of its own, before any manifest
 * names it (law 3); where the schema did not change, the object of the last manifest is used again. Null without
 * `--schema pg_dump`.
 *
 * @throws BackupError `E_SCHEMA_DUMP`
 */
export async function dumpSchema({
  input,
  source,
  snapshot,
  lineage,
  signal,
}: DumpInput): Promise<SchemaDump | null> {
  if (input.settings.schema !== 'pg_dump') return null;
  const { reporter, store, target } = input;
  const pgDump = await findPgDump(source.identity.serverVersion, {
    path: process.env['PATH'] ?? '',
    versionsFolder: '/usr/lib/postgresql',
  });
  if (!snapshot.adoptable) {
    reporter.log('warn', 'The snapshot of a standby cannot be shared: pg_dump reads the schema as it is now');
  }
  const text = await runPgDump(pgDump, {
    environment: pgDumpEnvironment(target, process.env),
    snapshotId: snapshot.adoptable ? snapshot.id : undefined,
    encoding: source.identity.encoding,
    signal,
  });
  const contentSha256 = contentDigest(text);
  const last = lineage.manifest?.schemaDump;
  if (last?.contentSha256 === contentSha256 && (await isSchemaDumpThere(store, last, signal))) {
    reporter.log('info', `The schema is that of ${last.key}`);
    return last;
  }
  const dump = await putSchemaDump(store, text, { contentSha256, pgDump: pgDump.version }, signal);
  reporter.log('info', `Stored the schema as ${dump.key}, ${dump.bytes} bytes by ${pgDump.version}`);
  return dump;
}

/** Without the lines `\restrict KEY` and `\unrestrict KEY`, whose random key is another one in each dump. */
function contentDigest(text: Buffer): string {
  const hash = createHash('sha256');
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf(0x0a, at);
    const end = newline < 0 ? text.length : newline + 1;
    const line = text.subarray(at, end);
    // Values could hold such a line as well: then equal schemas are stored once more, and nothing else.
    if (!/^\\(?:un)?restrict \w+\n?$/.test(line.toString('latin1', 0, 200))) hash.update(line);
    at = end;
  }
  return hash.digest('hex');
}
