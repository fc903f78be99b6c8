import { historyChange } from '../../backup/history-change.ts';
import { compareKept } from '../../backup/kept-table.ts';
import { openTable, readTableFacts, type OpenTable } from '../../backup/open-table.ts';
import type { ReadRowsJob } from '../../backup/read-job.ts';
import { readRows } from '../../backup/read-rows.ts';
import { requireSnapshot } from '../../backup/require-snapshot.ts';
import { RowBuffer } from '../../backup/row-buffer.ts';
import { openSource, patientConnect, type Source } from '../../backup/source.ts';
import { mostToMerge } from '../../chunk/most-in-memory.ts';
import { BackupError } from '../../core/errors.ts';
import { removeTemporaryFolder, temporaryFolder } from '../../core/temporary-files.ts';
import type { Manifest, ManifestTable } from '../../format/manifest.ts';
import { keyPositions } from '../../format/merge-key.ts';
import { checkReadable } from '../../postgres/check-readable.ts';
import { findTables } from '../../postgres/find-tables.ts';
import { quoteQualified } from '../../postgres/quote.ts';
import { copyRangeSql } from '../../postgres/range-sql.ts';
import { readTableDefinition } from '../../postgres/read-table-definition.ts';
import { openSnapshot, type Snapshot } from '../../postgres/snapshot.ts';
import { readXidBase } from '../../ranges/range-source.ts';
import { oneSession } from '../../ranges/scan-sessions.ts';
import { letGo } from '../../repository/chunk-rows.ts';
import type { DamagedRange } from './find-damage.ts';
import type { Progress } from './replacement.ts';
import { storeRows, type RepairParts } from './store-rows.ts';

interface Reading extends RepairParts {
  readonly folder: string;
}

/**
 * Reads damaged ranges from the source again, where they are provably unchanged there: the same heaps with the same columns in
 * the same history, the same fingerprint, and then the same content digest. A database that cannot be asked is a reason for all.
 */
export async function readAgain(
  ranges: readonly DamagedRange[],
  progress: Progress,
  parts: RepairParts,
): Promise<void> {
  const { input, signal } = parts;
  const opened = await openSource(input.source, 'repair', signal, patientConnect).catch(asReason(signal));
  const folder = temporaryFolder();
  try {
    const reason =
      typeof opened === 'string'
        ? opened
        : await readFrom(opened, ranges, progress, { ...parts, folder }).catch(asReason(signal));
    const left = ranges.filter((range) => !progress.replaced.has(range));
    if (reason !== undefined) for (const range of left) progress.reasons.set(range, reason);
  } finally {
    if (typeof opened !== 'string') await opened.session.close();
    await removeTemporaryFolder(folder);
  }
}

/** What was replaced before an error is proved by its digest, and stays. */
async function readFrom(
  opened: Source,
  ranges: readonly DamagedRange[],
  progress: Progress,
  reading: Reading,
): Promise<undefined> {
  const { manifest, signal } = reading;
  const { locks, reasons } = await lockableTables(opened, ranges, signal);
  const snapshot = await openSnapshot(opened.session, [...locks.values()]);
  const change = otherSource(manifest, opened, snapshot);
  for (const table of new Set(ranges.map((range) => range.table))) {
    const own = ranges.filter((range) => range.table === table);
    const gone = locks.has(table.oid) ? undefined : 'the table is not there any more';
    const found = change ?? reasons.get(table.oid) ?? gone ?? (await open(table, opened, snapshot));
    for (const range of own) {
      const reason =
        typeof found === 'string' ? found : await readRange(range, found, opened, progress, reading);
      if (reason !== undefined) progress.reasons.set(range, reason);
    }
  }
  await requireSnapshot(opened.session);
}

/** What the source will not tell is a reason, and ends nothing: other ranges were perhaps replaced. */
function asReason(signal: AbortSignal): (error: unknown) => string {
  return (error) => {
    signal.throwIfAborted();
    const isAnswer = error instanceof BackupError && /^E_(?:DB|TABLE|SOURCE)_/.test(error.code);
    if (!isAnswer) throw error;
    return `the source cannot be asked: ${error.message}`;
  };
}

function otherSource(manifest: Manifest, { identity }: Source, snapshot: Snapshot): string | undefined {
  if (manifest.source.database !== identity.database) return 'the source is another database';
  const change = historyChange(manifest, identity, snapshot);
  return change && `the source has another history: ${change}`;
}

/** By OID, the tables that are still there and may be read, as SQL, and why others may not. */
async function lockableTables(
  { session }: Source,
  ranges: readonly DamagedRange[],
  signal: AbortSignal,
): Promise<{ readonly locks: Map<number, string>; readonly reasons: Map<number, string> }> {
  const wanted = new Set(ranges.map(({ table }) => table.oid));
  const { tables } = await findTables(session, ['*']);
  const locks = new Map<number, string>();
  const reasons = new Map<number, string>();
  for (const table of tables.filter(({ oid }) => wanted.has(oid))) {
    const reason = await checkReadable(session, table).catch(asReason(signal));
    if (typeof reason === 'string') reasons.set(table.oid, reason);
    else locks.set(table.oid, `ONLY ${quoteQualified(table.schema, table.name)}`);
  }
  return { locks, reasons };
}

/** The table where xids that were recorded of it still tell what changed; otherwise why not. */
async function open(
  kept: ManifestTable,
  { session }: Source,
  snapshot: Snapshot,
): Promise<OpenTable | string> {
  const facts = await readTableFacts(session, await readTableDefinition(session, kept.oid));
  const leader = { reader: session, xids: await readXidBase(session) };
  const { xmin } = snapshot.facts;
  const table = openTable(facts, kept, xmin, oneSession(leader));
  const { change } = await compareKept(kept, table, undefined);
  return change ?? table;
}

/** Replaces a range by what the source has; otherwise tells why not. */
async function readRange(
  damaged: DamagedRange,
  table: OpenTable,
  { session }: Source,
  progress: Progress,
  reading: Reading,
): Promise<string | undefined> {
  const { range } = damaged;
  const [scan] = await table.strategy.scan([range]);
  const isSame =
    scan?.rows === range.rows &&
    scan.keyDigest === range.keyDigest &&
    scan.versionDigest === range.versionDigest;
  if (!isSame) return 'its rows were changed in the source since';
  const { definition, readable } = table;
  const job: ReadRowsJob = {
    kind: 'read',
    snapshotId: '',
    doing: `reading ${definition.schema}.${definition.name}`,
    sql: copyRangeSql(readable, range.lo, range.hi),
    columns: definition.columns.map(({ name, encoding }) => ({ name, encoding })),
    key: keyPositions(definition),
    chunkBytes: mostToMerge(reading.manifest.settings.chunkBytes),
    compression: reading.manifest.settings.compression,
    slices: [],
    temporaryFolder: reading.folder,
  };
  let given = 0;
  const { last } = await readRows(session, job, new RowBuffer(), async ({ sealed }) => {
    given += 1;
    await letGo(sealed.content);
  });
  if (!last) return 'its rows were changed in the source since';
  const { sealed } = last;
  try {
    if (given > 0) return 'it is too large for one chunk';
    if (sealed.rows !== range.rows || sealed.digest !== range.digest)
      return 'the source gives other rows for the same fingerprint';
    await storeRows(damaged, sealed, sealed.content, 'source', progress, reading);
    return undefined;
  } finally {
    await letGo(sealed.content);
  }
}
