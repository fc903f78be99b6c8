import { BackupError } from '../core/errors.ts';
import { listRelations, type Relation } from './list-relations.ts';
import type { Session } from './session.ts';
import { didYouMean, similarNames } from './similar-names.ts';
import { parseTablePattern, type TablePattern } from './table-pattern.ts';

export interface FoundTables {
  /** Ordinary and partitioned tables, by schema and name, each once. */
  readonly tables: readonly Relation[];
  /** What a glob matched and a backup does not cover, with the reason: to be told, never skipped in silence. */
  readonly uncovered: readonly UncoveredRelation[];
}

export interface UncoveredRelation {
  readonly schema: string;
  readonly name: string;
  /** For people: `view`, `belongs to extension postgis`. */
  readonly reason: string;
}

/**
 * Resolves values of `--table`. `*` is every user table. A name without a schema is searched in all schemas, and the
 * one in `public` is taken if there is one. A name that is not there as written is also tried in lower case, as
 * PostgreSQL folds it. Partitions come with their partitioned table, or by their own exact name.
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
  const covered = new Set([
    ...exact,
    ...[...globbed].filter((relation) => reasonLeftOut(relation) === undefined),
  ]);
  const coveredOids = new Set([...covered].map(({ oid }) => oid));
  const comesWithParent = (relation: Relation): boolean =>
    !exact.has(relation) && relation.ancestors.some((oid) => coveredOids.has(oid));
  return {
    tables: relations.filter((relation) => covered.has(relation) && !comesWithParent(relation)),
    uncovered: relations.flatMap((relation) => {
      const reason = reasonLeftOut(relation);
      if (reason === undefined || !globbed.has(relation) || covered.has(relation)) return [];
      return [{ schema: relation.schema, name: relation.name, reason }];
    }),
  };
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

function findExact(pattern: TablePattern, relations: readonly Relation[]): Relation {
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
function reasonNoTable({ kind, foreignPartition }: Relation): string | undefined {
  if (kind !== 'table' && kind !== 'partitioned table') return kind;
  return foreignPartition === null ? undefined : `its partition ${foreignPartition} is a foreign table`;
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
