import { BackupError } from '../../core/errors.ts';
import type { DatabaseObjects, ExtensionDefinition, Manifest, RelationName } from '../../format/manifest.ts';
import { readCollations } from '../../postgres/read-collations.ts';
import { readExtensions } from '../../postgres/read-database-objects.ts';
import { readTypes } from '../../postgres/read-types.ts';
import type { Session } from '../../postgres/session.ts';
import { checkSchema } from '../../postgres/target-privileges.ts';
import { readTargetRelation } from '../../postgres/target-relations.ts';
import { displayName, type TableAction, type TargetTable } from '../restore-plan.ts';
import { checkObjects } from './check-objects.ts';
import { collationDifference, typeDifference } from './compare-objects.ts';
import { requireExtension } from './require-extension.ts';
import type { ObjectsPlan } from './objects-plan.ts';

/** A table of the restore, as far as the objects around it are concerned. */
interface NeedyTable {
  readonly source: Pick<Manifest['tables'][number], 'needs'>;
  readonly target: Pick<TargetTable, 'schema' | 'usedSequences'>;
  readonly action: TableAction;
}

/**
 * Chooses what must be created before the tables, out of what the restore point says they need, and makes sure that what
 * the target has of it can stand for the source's. Reads only.
 *
 * @throws BackupError `E_TARGET_DIFFERENT`, `E_TARGET_EXTENSION`, `E_TARGET_TYPE`, `E_MANIFEST_DAMAGED`
 */
export async function planObjects(
  session: Session,
  objects: DatabaseObjects,
  tables: readonly NeedyTable[],
  role: string,
): Promise<ObjectsPlan> {
  const made = tables.filter(({ action }) => action !== 'fill');
  const needed = neededBy(objects, tables);
  checkObjects({ ...needed, schemas: [] });
  const extensions = await missingExtensions(session, needed.extensions);
  const collations = await missingCollations(session, needed);
  const types = await missingTypes(session, needed, neededBy(objects, made));
  const sequences = await missingSequences(session, made);
  const homes = [
    ...made.map(({ target }) => target.schema),
    ...[...extensions, ...collations, ...types, ...sequences].map(({ schema }) => schema),
  ];
  const schemas = await missingSchemas(session, homes, objects, role);
  return { schemas, extensions, collations, types, sequences };
}

function neededBy(objects: DatabaseObjects, tables: readonly NeedyTable[]): DatabaseObjects {
  const names = (kind: 'collations' | 'types') =>
    new Set(tables.flatMap(({ source }) => source.needs[kind].map(displayName)));
  const extensions = new Set(tables.flatMap(({ source }) => source.needs.extensions));
  const [collations, types] = [names('collations'), names('types')];
  const has = (set: ReadonlySet<string>) => (one: RelationName) => set.has(displayName(one));
  return {
    schemas: objects.schemas,
    extensions: objects.extensions.filter(({ name }) => extensions.has(name)),
    collations: objects.collations.filter(has(collations)),
    types: objects.types.filter(has(types)),
  };
}

async function missingExtensions(
  session: Session,
  wanted: readonly ExtensionDefinition[],
): Promise<ExtensionDefinition[]> {
  const found = await readExtensions(
    session,
    wanted.map(({ name }) => name),
  );
  const missing: ExtensionDefinition[] = [];
  for (const extension of wanted) {
    const other = found.find(({ name }) => name === extension.name);
    if (other && other.schema !== extension.schema) {
      const difference = `it is in schema ${other.schema} rather than ${extension.schema}`;
      throw different('extension', extension.name, difference);
    }
    if (other) continue;
    await requireExtension(session, extension);
    missing.push(extension);
  }
  return missing;
}

async function missingCollations(
  session: Session,
  { collations }: DatabaseObjects,
): Promise<DatabaseObjects['collations']> {
  const found = byName(await readCollations(session, collations));
  return collations.filter((collation) => {
    const other = found.get(displayName(collation));
    const difference = other && collationDifference(collation, other);
    if (difference !== undefined) throw different('collation', displayName(collation), difference);
    return other === undefined;
  });
}

async function missingTypes(
  session: Session,
  { types }: DatabaseObjects,
  ofNewTables: DatabaseObjects,
): Promise<DatabaseObjects['types']> {
  const found = byName(await readTypes(session, types));
  return types.filter((type) => {
    const other = found.get(displayName(type));
    const difference = other && typeDifference(type, other, ofNewTables.types.includes(type));
    if (difference !== undefined) throw different('type', displayName(type), difference);
    return other === undefined;
  });
}

async function missingSequences(
  session: Session,
  tables: readonly NeedyTable[],
): Promise<ObjectsPlan['sequences']> {
  const used = byName(tables.flatMap(({ target }) => target.usedSequences));
  const missing = [];
  for (const sequence of used.values()) {
    if (!(await readTargetRelation(session, sequence.schema, sequence.name))) missing.push(sequence);
  }
  return missing;
}

/** Those that the restore point does not describe, such as the schema of --into, are of nobody in particular. */
async function missingSchemas(
  session: Session,
  homes: readonly string[],
  objects: DatabaseObjects,
  role: string,
): Promise<DatabaseObjects['schemas']> {
  const known = new Map(objects.schemas.map((schema) => [schema.name, schema]));
  const missing = [];
  for (const name of new Set(homes)) {
    if (await checkSchema(session, name, role)) continue;
    missing.push(known.get(name) ?? { name, owner: role, grants: [], revokes: [], comment: null });
  }
  return missing;
}

function byName<T extends RelationName>(objects: readonly T[]): Map<string, T> {
  return new Map(objects.map((object) => [displayName(object), object]));
}

function different(kind: string, name: string, difference: string): BackupError {
  return new BackupError('E_TARGET_DIFFERENT', `the target's ${kind} ${name} is another one: ${difference}`, {
    hint: `Rename the ${kind} of the target or make it equal, or restore into another database.`,
  });
}
