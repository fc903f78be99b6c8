import type { Reporter } from '../core/events.ts';
import { mostUncovered } from '../format/manifest-schema.ts';
import type {
  ManifestTable,
  PartitionedTable,
  TableDefinition,
  UncoveredRelation,
} from '../format/manifest.ts';
import { checkReadable } from '../postgres/check-readable.ts';
import { findTables } from '../postgres/find-tables.ts';
import { unreadableTypes } from '../postgres/name-forms.ts';
import { readPartitionedTable, readTableDefinition } from '../postgres/read-table-definition.ts';
import type { Session } from '../postgres/session.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import { readXidBase, type XidBase } from '../ranges/range-source.ts';
import type { ScanSessions } from '../ranges/scan-sessions.ts';
import type { BackupInput, PlanSettings } from './backup-input.ts';
import { estimateRowBytes } from './estimate.ts';
import { historyChange } from './history-change.ts';
import { compareKept, withoutDamaged } from './kept-table.ts';
import { keptTables } from './find-kept.ts';
import { knownRanges, leftoversOf } from './known-ranges.ts';
import type { Lineage } from './lineage.ts';
import { openTable, type OpenTable } from './open-table.ts';
import { planTable } from './plan-table.ts';
import { isSameCluster, proveKinship } from './prove-kinship.ts';
import type { Leftovers } from './resume.ts';
import { SpreadScans } from './scan-sessions.ts';
import type { Source } from './source.ts';
import type { TablePlan } from './table-plan.ts';

/** What a run would do, as data. */
export interface RunPlan {
  readonly tables: readonly TablePlan[];
  readonly partitionedTables: readonly PartitionedTable[];
  readonly uncovered: readonly UncoveredRelation[];
}

/** Plans every table of a run within its snapshot. */
export async function planRun(
  input: BackupInput,
  source: Source,
  snapshot: Snapshot,
  lineage: Lineage,
  leftovers: Leftovers,
): Promise<RunPlan> {
  const { store, settings, reporter, signal, databaseUrl } = input;
  const { session } = source;
  const found = await findTables(session, settings.tables);
  const uncovered = nameUncovered(found.uncovered, reporter);
  const change = lineage.manifest ? historyChange(lineage.manifest, source.identity, snapshot) : undefined;
  if (change) reporter.log('warn', `The source has another history: ${change}. Reading everything again.`);
  const definitions = await readDefinitions(session, found.tables);
  const kept = settings.full ? undefined : keptTables(lineage.manifest, definitions, !change);
  const leader = { reader: session, xids: await readXidBase(session) };
  const most = snapshot.adoptable ? settings.maxWorkers : 1;
  const scans = new SpreadScans({ leader, snapshotId: snapshot.id, databaseUrl, most, signal });
  const opened = await openTables({ session, xids: leader.xids }, scans, snapshot, definitions, kept);
  const { manifest } = lineage;
  const damagedChunks = manifest?.damagedChunks ?? [];
  if (manifest && !isSameCluster(manifest.source, source.identity)) {
    await proveKinship(session, store, manifest, opened);
  }
  const tables: TablePlan[] = [];
  try {
    for (const table of opened) {
      nameUnreadable(table, reporter);
      const context = { source, snapshot, settings, change, damagedChunks, reporter };
      tables.push(await planOne(context, table, leftovers));
    }
  } finally {
    await scans.close();
  }
  const partitionedTables: PartitionedTable[] = [];
  for (const { oid } of found.partitionedTables) {
    partitionedTables.push(await readPartitionedTable(session, oid));
  }
  return { tables, partitionedTables, uncovered };
}

/** Says in the log what is not backed up; as many are named as a manifest names. */
function nameUncovered(all: readonly UncoveredRelation[], reporter: Reporter): UncoveredRelation[] {
  const named = all.slice(0, mostUncovered);
  for (const { schema, name, reason } of named) {
    reporter.log('warn', `Not backed up: ${schema}.${name} (${reason})`);
  }
  if (all.length > named.length) reporter.log('warn', `Not backed up: ${all.length - named.length} more`);
  return named;
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

async function readDefinitions(
  session: Session,
  found: readonly { readonly oid: number }[],
): Promise<TableDefinition[]> {
  const definitions: TableDefinition[] = [];
  for (const { oid } of found) {
    const definition = await readTableDefinition(session, oid);
    await checkReadable(session, definition);
    definitions.push(definition);
  }
  return definitions;
}

interface OpenedTable extends OpenTable {
  /** The table in the parent manifest, to build on. */
  readonly kept: ManifestTable | undefined;
}

async function openTables(
  { session, xids }: { readonly session: Session; readonly xids: XidBase },
  scans: ScanSessions,
  snapshot: Snapshot,
  definitions: readonly TableDefinition[],
  keptByOid: ReadonlyMap<number, ManifestTable> | undefined,
): Promise<OpenedTable[]> {
  const { xmin } = snapshot.facts;
  const tables: OpenedTable[] = [];
  for (const definition of definitions) {
    const kept = keptByOid?.get(definition.oid);
    tables.push({ ...(await openTable(session, definition, kept, xids, xmin, scans)), kept });
  }
  return tables;
}

interface PlanContext {
  readonly source: Source;
  readonly snapshot: Snapshot;
  readonly settings: PlanSettings;
  /** Why the source has another history than the parent; undefined where it has not. */
  readonly change: string | undefined;
  readonly damagedChunks: readonly number[];
  readonly reporter: Reporter;
}

async function planOne(
  { source, snapshot, settings, change, damagedChunks, reporter }: PlanContext,
  { kept: inParent, ...table }: OpenedTable,
  leftovers: Leftovers,
): Promise<TablePlan> {
  const { definition, strategy } = table;
  const kept = withoutDamaged(await compareKept(inParent, table, change), damagedChunks);
  if (kept.change !== undefined && kept.change !== change) {
    const { schema, name } = definition;
    reporter.log('info', `Reading all of ${schema}.${name} again: ${kept.change}`);
  }
  const entries = leftoversOf(leftovers.entries, definition, table.progressStructure);
  const { ranges, chunks, resumed } = await knownRanges(strategy, kept, entries);
  return planTable({
    ...table,
    snapshotXmin: snapshot.facts.xmin,
    known: ranges,
    chunks,
    isCurrent: (range) => kept.change === undefined || resumed.has(range),
    chunkSize: settings.chunkSize,
    chunkBytes: settings.chunkBytes,
    rowBytes: await estimateRowBytes(source.session, definition, chunks),
  });
}
