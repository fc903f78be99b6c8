import type { Reporter } from '../core/events.ts';
import type { ManifestTable, PartitionedTable, UncoveredRelation } from '../format/manifest.ts';
import { unreadableTypes } from '../postgres/name-forms.ts';
import type { TableStorage } from '../postgres/read-storage.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import { chunkRowsOf } from '../ranges/chunk-rows.ts';
import type { BackupInput, PlanSettings } from './backup-input.ts';
import { estimateRowBytes, estimateRows } from './estimate.ts';
import { historyChange, isIdleSince } from './history-change.ts';
import { compareKept, withoutDamaged } from './kept-table.ts';
import { keptTables } from './find-kept.ts';
import { knownRanges, leftoversOf } from './known-ranges.ts';
import { openTable, type OpenTable } from './open-table.ts';
import { PlanProgress } from './plan-progress.ts';
import { planTable } from './plan-table.ts';
import { isSameCluster, proveKinship } from './prove-kinship.ts';
import type { Leftovers } from './resume.ts';
import type { Source } from './source.ts';
import type { Survey } from './survey.ts';
import type { TablePlan } from './table-plan.ts';

/** What a run would do, as data. */
export interface RunPlan {
  readonly tables: readonly TablePlan[];
  readonly partitionedTables: readonly PartitionedTable[];
  readonly uncovered: readonly UncoveredRelation[];
}

/**
 * Plans every table of a run within its snapshot.
 *
 * @param onNewRows told how many bytes of `COPY` text there are at least to be read, about, as they are found
 * @throws SnapshotGivenUp where `found.scans` do
 */
export async function planRun(
  input: BackupInput,
  source: Source,
  found: Survey,
  onNewRows: (copyBytes: number) => void = () => {},
): Promise<RunPlan> {
  const { settings, reporter } = input;
  const { lineage, leftovers, snapshot, catalogue } = found;
  const tables: TablePlan[] = [];
  const scanProgress = new PlanProgress(reporter);
  let newBytes = 0;
  const change = lineage.manifest ? historyChange(lineage.manifest, source.identity, snapshot) : undefined;
  if (change) reporter.log('warn', `The source has another history: ${change}. Reading everything again.`);
  const isIdle = lineage.manifest !== null && isIdleSince(lineage.manifest, source.identity, snapshot);
  if (isIdle) reporter.log('debug', 'No transaction has written since the last run');
  const opened = openTables(settings, found, change);
  const { manifest } = lineage;
  const damagedChunks = manifest?.damagedChunks ?? [];
  if (manifest && !isSameCluster(manifest.source, source.identity)) {
    await proveKinship(source.session, input.store, manifest, opened);
  }
  for (const table of opened) {
    nameUnreadable(table, reporter);
    const context = {
      source,
      snapshot,
      settings,
      change,
      isIdle,
      damagedChunks,
      reporter,
      scanProgress,
      rowsAtOnce: () => found.scans.rowsAtOnce,
      onNewRows: (copyBytes: number) => onNewRows((newBytes += copyBytes)),
    };
    tables.push(await planOne(context, table, leftovers));
  }
  const { partitionedTables, uncovered } = catalogue;
  return { tables, partitionedTables, uncovered };
}

/** Says in the log what is backed up, but only for people. */
function nameUnreadable({ definition, typeForms }: OpenTable, reporter: Reporter): void {
  for (const type of unreadableTypes(typeForms)) {
    const name = `${definition.schema}.${definition.name}`;
    reporter.log(
      'warn',
      `${name} cannot be restored with its values of type ${type}: PostgreSQL reads none back`,
    );
  }
}

interface OpenedTable extends OpenTable {
  /** The table in the parent manifest, to build on. */
  readonly kept: ManifestTable | undefined;
  readonly storage: TableStorage;
}

function openTables(
  { full }: PlanSettings,
  { lineage, snapshot, catalogue, scans }: Survey,
  change: string | undefined,
): OpenedTable[] {
  const definitions = catalogue.tables.map(({ definition }) => definition);
  const keptByOid = full ? undefined : keptTables(lineage.manifest, definitions, !change);
  return catalogue.tables.map((facts) => {
    const kept = keptByOid?.get(facts.definition.oid);
    return {
      ...openTable(facts, kept, snapshot.facts.xmin, scans),
      kept,
      storage: facts.storage,
    };
  });
}

interface PlanContext {
  readonly source: Source;
  readonly snapshot: Snapshot;
  readonly settings: PlanSettings;
  /** Why the source has another history than the parent; undefined where it has not. */
  readonly change: string | undefined;
  /** Whether no transaction has written since the parent's snapshot. */
  readonly isIdle: boolean;
  readonly damagedChunks: readonly number[];
  readonly reporter: Reporter;
  readonly scanProgress: PlanProgress;
  /** Rows that one statement may scan at present, about. */
  readonly rowsAtOnce: () => number | undefined;
  /** Told of `COPY` text that is to be read, in bytes. */
  readonly onNewRows: (copyBytes: number) => void;
}

async function planOne(
  context: PlanContext,
  { kept: inParent, storage, ...table }: OpenedTable,
  leftovers: Leftovers,
): Promise<TablePlan> {
  const { source, snapshot, settings, change, isIdle, damagedChunks, reporter, scanProgress, ...watch } =
    context;
  const { definition, strategy } = table;
  const kept = withoutDamaged(await compareKept(inParent, table, change), damagedChunks);
  if (kept.change !== undefined && kept.change !== change) {
    const { schema, name } = definition;
    reporter.log('info', `Reading all of ${schema}.${name} again: ${kept.change}`);
  }
  const entries = leftoversOf(leftovers.entries, definition, table.progressStructure);
  const { ranges, chunks, resumed } = await knownRanges(strategy, kept, entries);
  const rowBytes = await estimateRowBytes(source.session, definition, chunks);
  const rows = Math.max(inParent?.rows ?? 0, estimateRows(storage, rowBytes));
  return planTable({
    ...table,
    snapshotXmin: snapshot.facts.xmin,
    known: ranges,
    chunks,
    isCurrent: (range) => kept.change === undefined || resumed.has(range),
    isIdle: isIdle && inParent !== undefined && kept.change === undefined && ranges === inParent.ranges,
    chunkSize: chunkRowsOf(settings.chunkSize, { rows, rowBytes }),
    chunkBytes: settings.chunkBytes,
    ...watch,
    onScanned: (scanned) => scanProgress.scanned(scanned, `${definition.schema}.${definition.name}`),
    onNewRows: (found) => watch.onNewRows(found * rowBytes),
    rowBytes,
  });
}
