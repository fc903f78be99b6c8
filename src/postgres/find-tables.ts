import { BackupError } from '../core/errors.ts';
import type { UncoveredRelation } from '../format/manifest.ts';
import { countLargeObjects, listRelations, type Relation } from './list-relations.ts';
import type { Session } from './session.ts';
import { didYouMean, similarNames } from './similar-names.ts';
import { parseTablePattern, type TablePattern } from './table-pattern.ts';

export interface FoundTables {
  /** Tables with rows, by schema and name, each once: ordinary ones and leaf partitions. */
  readonly tables: readonly Relation[];
  /** The partitioned tables among what was meant. */
  readonly partitionedTables: readonly Relation[];
  /** What was meant and a backup does not cover, with the reason: to be told, never skipped in silence. */
  readonly uncovered: readonly UncoveredRelation[];
}

/**
 * Resolves values of `--table`. `*` is everything of users. A name without a schema is searched in all schemas, and the
 * one in `public` is taken if there is one. A name that is not there as written is also tried in lower case, as
 * PostgreSQL folds it. A partitioned table means all its partitions, those to come as well.
 *
 * @throws BackupError `E_TABLE_NOT_FOUND` with names like it; `E_TABLE_KIND` for a view or the like named exactly;
 * `E_USAGE` for a malformed pattern or a name in several schemas.
 */
export async function findTables(session: Session, patterns: readonly string[]): Promise<FoundTables> {
  const parsed = patterns.map(parseTablePattern);
  const relations = await listRelations(session);
  const exact = new Set(
    parsed.filter(({ isGlob }) => !isGlob).map((pattern) => findExact(pattern, relations)),
  );
  const globbed = new Set(parsed.filter(({ isGlob }) => isGlob).flatMap((glob) => findGlob(glob, relations)));
  const meantOids = new Set(
    [...exact, ...[...globbed].filter((one) => reasonLeftOut(one) === undefined)].map(({ oid }) => oid),
  );
  const comesWithParent = ({ ancestors }: Relation) => ancestors.some((oid) => meantOids.has(oid));
  const meant = relations.filter((one) => exact.has(one) || globbed.has(one) || comesWithParent(one));
  const covered = meant.filter((one) => exact.has(one) || reasonLeftOut(one) === undefined);
  const uncovered = meant.flatMap((relation) => {
    const reason = exact.has(relation) ? undefined : reasonLeftOut(relation);
    return reason === undefined ? [] : [{ schema: relation.schema, name: relation.name, reason }];
  });
  return {
    tables: covered.filter(({ kind }) => kind === 'table'),
    partitionedTables: covered.filter(({ kind }) => kind === 'partitioned table'),
    uncovered: patterns.includes('*') ? [...uncovered, ...(await largeObjects(session))] : uncovered,
  };
}

async function largeObjects(session: Session): Promise<UncoveredRelation[]> {
  const count = await countLargeObjects(session);
  const reason = count === 1 ? '1 large object' : `${count} large objects`;
  return count === 0 ? [] : [{ schema: 'pg_catalog', name: 'pg_largeobject', reason }];
}

function findGlob(pattern: TablePattern, relations: readonly Relation[]): Relation[] {
  const found = relations.filter((relation) => matches(pattern, relation));
  // `*` is right for any database, even an empty one; another glob that matches nothing is a mistake.
  if (found.length === 0 && pattern.text !== '*') throw notFound(pattern, relations);
  return found;
}

function matches({ schema, name }: TablePattern, relation: Relation): boolean {
  return (schema?.matches(relation.schema) ?? true) && name.matches(relation.name);
}

function findExact(pattern: TablePattern, all: readonly Relation[]): Relation {
  // Those of other sessions come and go, and are never meant by a name.
  const relations = all.filter(({ kind }) => kind !== 'temporary table');
  let found = relations.filter((relation) => matches(pattern, relation));
  if (found.length === 0 && !pattern.text.includes('"')) {
    const folded = parseTablePattern(pattern.text.toLowerCase());
    found = relations.filter((relation) => matches(folded, relation));
  }
  const chosen = found.find(({ schema }) => schema === 'public') ?? found[0];
  if (!chosen) throw notFound(pattern, relations);
  if (found.length > 1 && chosen.schema !== 'public') throw ambiguous(pattern, found);
  const reason = reasonNoTable(chosen);
  if (reason !== undefined) {
    throw new BackupError('E_TABLE_KIND', `${display(chosen)} is no ordinary table: ${reason}`);
  }
  return chosen;
}

/** Why it cannot be backed up at all. */
function reasonNoTable({ kind, unreadable }: Relation): string | undefined {
  if (kind !== 'table' && kind !== 'partitioned table') return kind;
  return unreadable ? 'unlogged table, which a standby cannot read' : undefined;
}

/** Why a glob leaves it out. */
function reasonLeftOut(relation: Relation): string | undefined {
  if (relation.extension !== null) return `belongs to extension ${relation.extension}`;
  return reasonNoTable(relation);
}

function notFound(pattern: TablePattern, relations: readonly Relation[]): BackupError {
  const tables = relations.filter((relation) => reasonNoTable(relation) === undefined);
  const names = tables.map((table) => (pattern.schema ? display(table) : table.name));
  const similar = new Set(similarNames(pattern.text, names));
  const meant = tables
    .filter((table) => similar.has(pattern.schema ? display(table) : table.name))
    .map(display);
  const others = tables.length === 0 ? 'The database has no tables.' : someOf(tables.map(display));
  return new BackupError('E_TABLE_NOT_FOUND', `no table matches ${JSON.stringify(pattern.text)}`, {
    hint: didYouMean(meant) || others,
  });
}

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `There are ${shown} and ${names.length - 10} more.` : `There are: ${shown}.`;
}

function ambiguous(pattern: TablePattern, found: readonly Relation[]): BackupError {
  return new BackupError('E_USAGE', `${JSON.stringify(pattern.text)} is in several schemas`, {
    hint: `Say which one: ${found.map(display).join(', ')}.`,
  });
}

function display({ schema, name }: Relation): string {
  return `${schema}.${name}`;
}
