import type { Session } from './session.ts';

/** A foreign key of a database. */
export interface ForeignKey {
  readonly name: string;
  /** The table that has it. */
  readonly schema: string;
  readonly table: string;
  readonly tableOid: number;
  /** OID of the table it refers to. */
  readonly referencedOid: number;
  /** As `pg_get_constraintdef` prints it. */
  readonly definition: string;
  readonly comment: string | null;
  /** Whether the role may drop it and add it again. */
  readonly owned: boolean;
}

interface ForeignKeyRow {
  name: string;
  schema: string;
  table: string;
  table_oid: string;
  referenced_oid: string;
  definition: string;
  comment: string | null;
  owned: string;
}

/**
 * The foreign keys that one of these tables has, or that refer to one of them, as they were declared: that of a partition
 * may be its partitioned table's.
 */
export async function readForeignKeys(session: Session, oids: readonly number[]): Promise<ForeignKey[]> {
  const rows = await session.query<ForeignKeyRow>(
    `WITH RECURSIVE touched(oid, parent) AS (
       SELECT oid, conparentid FROM pg_catalog.pg_constraint
        WHERE contype = 'f' AND (conrelid = ANY ($1::oid[]) OR confrelid = ANY ($1::oid[]))
       UNION
       SELECT k.oid, k.conparentid FROM touched AS t JOIN pg_catalog.pg_constraint AS k ON k.oid = t.parent)
     SELECT k.conname AS name, n.nspname AS schema, c.relname AS table, c.oid AS table_oid,
            k.confrelid AS referenced_oid, pg_catalog.pg_get_constraintdef(k.oid) AS definition,
            pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment,
            pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owned
       FROM pg_catalog.pg_constraint AS k
       JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
       JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE k.oid IN (SELECT t.oid FROM touched AS t WHERE t.parent = 0)
      ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", k.conname COLLATE "C"`,
    [oids],
    'reading the foreign keys of the target',
  );
  return rows.map(({ table_oid: tableOid, referenced_oid: referencedOid, owned, ...row }) => ({
    ...row,
    tableOid: Number(tableOid),
    referencedOid: Number(referencedOid),
    owned: owned === 't',
  }));
}
