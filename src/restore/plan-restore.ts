import { BackupError } from '../core/errors.ts';
import { idOf } from '../format/families.ts';
import type { Session } from '../postgres/session.ts';
import { readForeignKeys } from '../postgres/target-foreign-keys.ts';
import { checkTarget } from '../postgres/target-privileges.ts';
import { readDependents, readTargetRelation, readUsedNames } from '../postgres/target-relations.ts';
import type { StoredManifest } from '../repository/manifests.ts';
import { checkSchemaName } from './check-schema-name.ts';
import { checkTable } from './check-table.ts';
import { TakenNames } from './choose-names.ts';
import { decideAction, type Decision } from './decide-action.ts';
import { defineTarget } from './define-target.ts';
import { planHandOver } from './objects/hand-over.ts';
import { planObjects } from './objects/plan-objects.ts';
import type { RestoreSettings } from './restore-input.ts';
import { displayName, type RestorePlan, type TablePlan } from './restore-plan.ts';
import { selectTables, type SelectedTable } from './select-tables.ts';
import type { QualifiedName } from './sql/names.ts';
import { narrowTable } from './where-key/narrow-table.ts';

type Decided = SelectedTable & Decision;

/**
 * Chooses the tables, proves their definitions harmless and decides what becomes of each in the target. Reads only.
 *
 * @throws BackupError `E_TARGET_…`, `E_TABLE_NOT_FOUND`, `E_MANIFEST_DAMAGED`, `E_USAGE`
 */
export async function planRestore(
  session: Session,
  point: StoredManifest,
  settings: RestoreSettings,
): Promise<RestorePlan> {
  const chosen = selectTables(point.manifest, settings.tables, settings.into);
  checkSelected(chosen);
  const selected = await narrowSelected(session, chosen, point, settings.whereKey);
  const facts = await checkTarget(session);
  const decided = await decideAll(session, selected, settings.clean);
  refuseParts(decided);
  refuseRows(decided, settings.clean);
  await refuseDependents(session, decided);
  const schemas = [...new Set(decided.map(({ place }) => place.schema))];
  const tables = await defineTables(session, decided, schemas);
  const objects = await planObjects(session, point.manifest, tables, facts.role);
  const handOver = await planHandOver(session, { tables, objects }, settings);
  return { point, database: facts.database, tables, objects, handOver };
}

/** In order: what is above a table is decided before it. */
async function decideAll(
  session: Session,
  selected: readonly SelectedTable[],
  clean: boolean,
): Promise<Decided[]> {
  const bySource = new Map<string, Decided>();
  for (const table of selected) {
    const { source, place } = table;
    const parent = source.partitionOf ? bySource.get(idOf(source.partitionOf)) : undefined;
    const existing = await readTargetRelation(session, place.schema, place.name);
    const decision = await decideAction(session, table, parent?.place, existing, clean);
    // It goes with the table that it is a partition of.
    const isLost = parent?.action === 'replace' && decision.action === 'fill';
    const lost = { action: 'replace', reason: 'is a partition of one that is created anew' } as const;
    bySource.set(idOf(source), { ...table, ...decision, ...(isLost ? lost : {}) });
  }
  return [...bySource.values()];
}

function checkSelected(selected: readonly SelectedTable[]): void {
  const names = new Set<string>();
  for (const { source, place } of selected) {
    checkTable(source);
    checkSchemaName(place.schema);
    if (names.has(JSON.stringify([place.schema, place.name]))) {
      throw new BackupError('E_MANIFEST_DAMAGED', `the restore point has table ${displayName(place)} twice`);
    }
    names.add(JSON.stringify([place.schema, place.name]));
  }
}

async function narrowSelected(
  session: Session,
  selected: readonly SelectedTable[],
  { manifest }: StoredManifest,
  whereKey: string | undefined,
): Promise<readonly SelectedTable[]> {
  if (whereKey === undefined) return selected;
  const [only, ...others] = selected;
  if (!only || others.length > 0) {
    throw new BackupError(
      'E_USAGE',
      `--where-key takes one table, and ${selected.length} are to be restored`,
      {
        hint: `Choose it with --table: ${selected
          .slice(0, 10)
          .map(({ source }) => displayName(source))
          .join(', ')}.`,
      },
    );
  }
  return [{ ...only, ...(await narrowTable(session, only.source, whereKey, manifest.source)) }];
}

/** A part never takes the place of the whole: the rows outside of it would be lost, with `--clean` as well. */
export function refuseParts(
  decided: readonly Pick<Decided, 'place' | 'holdsRows' | 'source' | 'part'>[],
): void {
  const lossy = decided.find(
    ({ place, holdsRows, source, part }) =>
      part && holdsRows && place.schema === source.schema && place.name === source.name,
  );
  if (!lossy) return;
  throw new BackupError('E_USAGE', `--where-key would leave only a part of ${displayName(lossy.place)}`, {
    hint: `Add --into ${lossy.place.name}_rescued, and take from there what you need.`,
  });
}

/** Without `--clean`, rows in the target are never touched. */
export function refuseRows(decided: readonly Pick<Decided, 'place' | 'holdsRows'>[], clean: boolean): void {
  const filled = decided.filter(({ holdsRows }) => holdsRows);
  if (clean || filled.length === 0) return;
  const names = filled.map(({ place }) => displayName(place)).join(', ');
  throw new BackupError('E_TARGET_NOT_EMPTY', `the target holds rows in ${names}`);
}

/** What depends on a table that would be dropped: views, heirs, and foreign keys of tables that stay as they are. */
async function refuseDependents(session: Session, decided: readonly Decided[]): Promise<void> {
  const replaced = oidsOf(decided, 'replace');
  const restored = [...replaced, ...oidsOf(decided, 'fill')];
  const keys = await readForeignKeys(session, replaced);
  const dependents = keys
    .filter(({ tableOid, referencedOid }) => replaced.includes(referencedOid) && !restored.includes(tableOid))
    .map(({ name, schema, table }) => `foreign key ${name} of ${schema}.${table}`);
  for (const oid of replaced) dependents.push(...(await readDependents(session, oid, replaced)));
  if (dependents.length === 0) return;
  const names = decided.filter(({ action }) => action === 'replace').map(({ place }) => displayName(place));
  throw new BackupError(
    'E_TARGET_DEPENDENTS',
    `${names.join(', ')} cannot be dropped to be created anew: ${dependents.join(', ')} depend on it`,
  );
}

function oidsOf(decided: readonly Decided[], action: Decision['action']): number[] {
  return decided.flatMap((table) => (table.action === action && table.existing ? [table.existing.oid] : []));
}

async function defineTables(
  session: Session,
  decided: readonly Decided[],
  schemas: readonly string[],
): Promise<TablePlan[]> {
  const replaced = oidsOf(decided, 'replace');
  const taken = new Map<string, Set<string>>();
  for (const schema of schemas) {
    const used = await readUsedNames(session, schema);
    const kept = used.filter(({ table }) => !replaced.includes(table)).map(({ name }) => name);
    taken.set(schema, new Set([...kept, ...placesIn(decided, schema)]));
  }
  const names = new TakenNames(taken);
  const bySource = new Map(decided.map((table) => [idOf(table.source), table]));
  const relatives = { find: (source: QualifiedName) => bySource.get(idOf(source)), sequences: new Map() };
  return decided.map(({ place, ...table }) => {
    // The names of a table that is filled are its own: none is to be found for it.
    const free = table.action === 'fill' ? new TakenNames(new Map()) : names;
    return { ...table, target: defineTarget(table.source, place, free, relatives) };
  });
}

function placesIn(decided: readonly Decided[], schema: string): string[] {
  return decided.filter(({ place }) => place.schema === schema).map(({ place }) => place.name);
}
