import type { TableDefinition } from '../format/manifest.ts';
import { quoteIdentifier, quoteQualified } from './quote.ts';
import { fromItem, readTableDefinition } from './read-table-definition.ts';
import type { Session } from './session.ts';

const doing = 'reading the target';

/** What a target database has under the name of a table that is to be restored. */
export interface TargetRelation {
  readonly oid: number;
  /** `table`, or for people what else it is: `view`. */
  readonly kind: string;
  readonly owner: string;
  /** Whether the role may do what an owner may. */
  readonly owned: boolean;
  /** Of a table; undefined for everything else. */
  readonly definition: TableDefinition | undefined;
  /** What it is partitioned by; null where it is not. */
  readonly partitionKey: string | null;
}

const kinds: Readonly<Record<string, string>> = {
  r: 'table',
  p: 'table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
  S: 'sequence',
  i: 'index',
  I: 'index',
  c: 'composite type',
};

interface RelationRow {
  oid: string;
  kind: string;
  owner: string;
  owned: string;
  partition_key: string | null;
}

/** Whatever relation has that name; undefined where none has. */
export async function readTargetRelation(
  session: Session,
  schema: string,
  name: string,
): Promise<TargetRelation | undefined> {
  const [row] = await session.query<RelationRow>(
    `SELECT c.oid, c.relkind AS kind, pg_catalog.pg_get_userbyid(c.relowner) AS owner,
            pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owned,
            CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_key
       FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = $1::text AND c.relname = $2::text`,
    [schema, name],
    doing,
  );
  if (!row) return undefined;
  const oid = Number(row.oid);
  const isTable = row.kind === 'r' || row.kind === 'p';
  return {
    oid,
    kind: kinds[row.kind] ?? 'relation',
    owner: row.owner,
    owned: row.owned === 't',
    definition: isTable ? await readTableDefinition(session, oid) : undefined,
    partitionKey: row.partition_key,
  };
}

export async function isEmptyTable(session: Session, definition: TableDefinition): Promise<boolean> {
  const [row] = await session.query<{ filled: string }>(
    `SELECT EXISTS (SELECT FROM ${fromItem(definition)}) AS filled`,
    [],
    doing,
  );
  return row?.filled !== 't';
}

/** A name that relations of a schema have, and the table that it goes with: itself, or the owner of an index or sequence. */
export interface UsedName {
  readonly name: string;
  readonly table: number;
}

/** All names of relations and types in a schema; none where there is no such schema. */
export async function readUsedNames(session: Session, schema: string): Promise<UsedName[]> {
  const rows = await session.query<{ name: string; table: string }>(
    `SELECT c.relname AS name, COALESCE(i.indrelid, d.refobjid, c.oid) AS table
       FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
       LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
       LEFT JOIN pg_catalog.pg_depend AS d
              ON c.relkind = 'S' AND d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
             AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
      WHERE n.nspname = $1::text`,
    [schema],
    doing,
  );
  return rows.map(({ name, table }) => ({ name, table: Number(table) }));
}

/**
 * What would be lost with a table that is dropped, or keep it from being dropped, for people: views over it and tables that
 * inherit from it, and of a partitioned table its partitions, except those that are dropped on purpose.
 */
export async function readDependents(
  session: Session,
  oid: number,
  dropped: readonly number[],
): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT DISTINCT CASE v.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || v.oid::regclass::text AS name
       FROM pg_catalog.pg_depend AS d
       JOIN pg_catalog.pg_rewrite AS r ON r.oid = d.objid
       JOIN pg_catalog.pg_class AS v ON v.oid = r.ev_class
      WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
        AND d.refobjid = $1::oid AND v.oid <> $1::oid
     UNION ALL
     SELECT 'table ' || h.inhrelid::regclass::text
       FROM pg_catalog.pg_inherits AS h WHERE h.inhparent = $1::oid AND h.inhrelid <> ALL ($2::oid[])`,
    [oid, dropped],
    doing,
  );
  return rows.map(({ name }) => name);
}

/** A trigger that users made, with the keyword that turns it on as it is now. */
export interface UserTrigger {
  readonly name: string;
  readonly enabled: '' | 'REPLICA' | 'ALWAYS';
}

/** The triggers of users that are on. */
export async function readUserTriggers(session: Session, oid: number): Promise<UserTrigger[]> {
  const rows = await session.query<{ name: string; enabled: string }>(
    `SELECT tgname AS name, tgenabled AS enabled FROM pg_catalog.pg_trigger
      WHERE tgrelid = $1::oid AND NOT tgisinternal AND tgenabled <> 'D'
      ORDER BY tgname COLLATE "C"`,
    [oid],
    doing,
  );
  return rows.map(({ name, enabled }) => ({
    name,
    enabled: enabled === 'R' ? 'REPLICA' : enabled === 'A' ? 'ALWAYS' : '',
  }));
}

/** `"schema"."name"`, and for a sequence or index as well as for a table. */
export function relationSql(relation: { readonly schema: string; readonly name: string }): string {
  return quoteQualified(relation.schema, relation.name);
}

/** A list of names in SQL. */
export function nameList(names: readonly string[]): string {
  return names.map(quoteIdentifier).join(', ');
}
