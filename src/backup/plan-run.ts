import type { Reporter } from '../core/events.ts';
import type { ManifestTable, TableDefinition } from '../format/manifest.ts';
import { checkReadable } from '../postgres/check-readable.ts';
import { findTables } from '../postgres/find-tables.ts';
import { readTableDefinition } from '../postgres/read-table-definition.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import { readXidBase } from '../ranges/range-source.ts';
import { estimateRowBytes } from './estimate.ts';
import { compareKept } from './kept-table.ts';
import { knownRanges, leftoversOf } from './known-ranges.ts';
import { historyChange, type Lineage } from './lineage.ts';
import { openTable, type OpenTable } from './open-table.ts';
import { planTable } from './plan-table.ts';
import { isSameCluster, proveKinship } from './prove-kinship.ts';
import type { Leftovers } from './resume.ts';
import type { Source } from './source.ts';
import type { TablePlan } from './table-plan.ts';
import type { Store } from '../store/store.ts';

export interface PlanSettings {
  /** Values of `--table`. */
  readonly tables: readonly string[];
  readonly chunkSize: number;
  /** Build on nothing: every range is shipped anew. */
  readonly full: boolean;
}

/** Plans every table of a run within its snapshot. */
export async function planRun(
  store: Store,
  source: Source,
  snapshot: Snapshot,
  lineage: Lineage,
  leftovers: Leftovers,
  settings: PlanSettings,
  reporter: Reporter,
): Promise<TablePlan[]> {
  const { session } = source;
  const found = await findTables(session, settings.tables);
  for (const { schema, name, reason } of found.uncovered) {
    reporter.log('warn', `Not backed up: ${schema}.${name} (${reason})`);
  }
  const change = lineage.manifest
    ? historyChange(lineage.manifest, source.identity, snapshot.facts)
    : undefined;
  if (change) reporter.log('warn', `The source has another history: ${change}. Reading everything again.`);
  const tables = await openTables(source, snapshot, lineage, found.tables, settings);
  const { manifest } = lineage;
  if (manifest && !isSameCluster(manifest.source, source.identity)) {
    await proveKinship(session, store, manifest, tables);
  }
  const plans: TablePlan[] = [];
  for (const table of tables) {
    plans.push(await planOne({ source, snapshot, settings, change, reporter }, table, leftovers));
  }
  return plans;
}

interface OpenedTable extends OpenTable {
  /** The table in the parent manifest, to build on. */
  readonly kept: ManifestTable | undefined;
}

async function openTables(
  { session }: Source,
  snapshot: Snapshot,
  lineage: Lineage,
  found: readonly { readonly oid: number }[],
  settings: PlanSettings,
): Promise<OpenedTable[]> {
  const xids = await readXidBase(session);
  const tables: OpenedTable[] = [];
  for (const { oid } of found) {
    const definition = await readTableDefinition(session, oid);
    await checkReadable(session, definition);
    const kept = settings.full ? undefined : keptTable(lineage, definition);
    tables.push({ ...(await openTable(session, definition, kept, xids, snapshot.facts.xmin)), kept });
  }
  return tables;
}

interface PlanContext {
  readonly source: Source;
  readonly snapshot: Snapshot;
  readonly settings: PlanSettings;
  /** Why the source has another history than the parent; undefined where it has not. */
  readonly change: string | undefined;
  readonly reporter: Reporter;
}

async function planOne(
  { source, snapshot, settings, change, reporter }: PlanContext,
  { kept: inParent, ...table }: OpenedTable,
  leftovers: Leftovers,
): Promise<TablePlan> {
  const { definition, strategy } = table;
  const kept = await compareKept(inParent, table, change);
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
    rowBytes: await estimateRowBytes(source.session, definition, chunks),
  });
}

function keptTable(lineage: Lineage, { schema, name }: TableDefinition): ManifestTable | undefined {
  return lineage.manifest?.tables.find((table) => table.schema === schema && table.name === name);
}
