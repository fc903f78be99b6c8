import type { Reporter } from '../core/events.ts';
import type { ManifestTable, TableDefinition } from '../format/manifest.ts';
import { checkReadable } from '../postgres/check-readable.ts';
import { findTables } from '../postgres/find-tables.ts';
import { readTableDefinition } from '../postgres/read-table-definition.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import { readXidBase, type XidBase } from '../ranges/range-source.ts';
import { estimateRowBytes } from './estimate.ts';
import { knownRanges, leftoversOf } from './known-ranges.ts';
import { historyChange, type Lineage } from './lineage.ts';
import { openTable } from './open-table.ts';
import { planTable } from './plan-table.ts';
import type { Leftovers } from './resume.ts';
import type { Source } from './source.ts';
import { sameRelations, structureOf } from './structure.ts';
import type { TablePlan } from './table-plan.ts';

export interface PlanSettings {
  /** Values of `--table`. */
  readonly tables: readonly string[];
  readonly chunkSize: number;
  /** Build on nothing: every range is shipped anew. */
  readonly full: boolean;
}

/** Plans every table of a run within its snapshot. */
export async function planRun(
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
  const change = lineage.manifest && historyChange(lineage.manifest, source.identity, snapshot.facts);
  if (change) reporter.log('warn', `The source has another history: ${change}. Reading everything again.`);
  const xids = await readXidBase(session);
  const plans: TablePlan[] = [];
  for (const { oid } of found.tables) {
    const definition = await readTableDefinition(session, oid);
    await checkReadable(session, definition);
    const kept = settings.full ? undefined : keptTable(lineage, definition);
    const context = { source, snapshot, settings, xids, sameHistory: !change };
    plans.push(await planOne(context, definition, kept, leftovers));
  }
  return plans;
}

interface PlanContext {
  readonly source: Source;
  readonly snapshot: Snapshot;
  readonly settings: PlanSettings;
  readonly xids: XidBase;
  readonly sameHistory: boolean;
}

async function planOne(
  context: PlanContext,
  definition: TableDefinition,
  kept: ManifestTable | undefined,
  leftovers: Leftovers,
): Promise<TablePlan> {
  const { source, snapshot, settings, xids } = context;
  const { xmin } = snapshot.facts;
  const table = await openTable(source.session, definition, kept, xids, xmin);
  const sameStructure = kept !== undefined && structureOf(kept) === table.structure;
  const entries = leftoversOf(leftovers.entries, definition, table.progressStructure);
  const known = await knownRanges(table.strategy, sameStructure ? kept : undefined, entries);
  return planTable({
    ...table,
    snapshotXmin: xmin,
    known: known.ranges,
    chunks: known.chunks,
    sameHistory: context.sameHistory && (kept === undefined || sameRelations(kept, definition)),
    chunkSize: settings.chunkSize,
    rowBytes: await estimateRowBytes(source.session, definition, known.chunks),
  });
}

function keptTable(lineage: Lineage, { schema, name }: TableDefinition): ManifestTable | undefined {
  return lineage.manifest?.tables.find((table) => table.schema === schema && table.name === name);
}
