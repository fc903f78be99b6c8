import type { ConstraintDefinition, ConstraintKind, IndexDefinition } from '../format/manifest.ts';
import type { Session } from './session.ts';

const kinds: Readonly<Record<string, ConstraintKind>> = {
  p: 'primary key',
  u: 'unique',
  x: 'exclude',
  c: 'check',
  f: 'foreign key',
};

/** Constraints in an order in which they can be added: keys before what may refer to them. */
export async function readConstraints(session: Session, oid: number): Promise<ConstraintDefinition[]> {
  const rows = await session.query<{
    name: string;
    kind: string;
    definition: string;
    inherited: string;
    comment: string | null;
  }>(
    // A foreign key to a partitioned table has further entries, one a partition, below the one that was declared.
    `SELECT c.conname AS name, c.contype AS kind, pg_catalog.pg_get_constraintdef(c.oid) AS definition,
            NOT c.conislocal AS inherited, pg_catalog.obj_description(c.oid, 'pg_constraint') AS comment
       FROM pg_catalog.pg_constraint AS c
       LEFT JOIN pg_catalog.pg_constraint AS above ON above.oid = c.conparentid
      WHERE c.conrelid = $1::oid AND c.contype IN ('p', 'u', 'x', 'c', 'f')
        AND above.conrelid IS DISTINCT FROM c.conrelid
      ORDER BY position(c.contype::text IN 'puxcf'), c.conname COLLATE "C"`,
    [oid],
    'reading the constraints of a table',
  );
  return rows.flatMap(({ kind, inherited, ...row }) => {
    const known = kinds[kind];
    return known === undefined ? [] : [{ ...row, kind: known, inherited: inherited === 't' }];
  });
}

/** Names of the primary-key columns in key order; empty without a primary key. */
export async function readKey(session: Session, oid: number): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT a.attname AS name
       FROM pg_catalog.pg_index AS i
      CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
       JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
      WHERE i.indrelid = $1::oid AND i.indisprimary AND k.position <= i.indnkeyatts
      ORDER BY k.position`,
    [oid],
    'reading the primary key of a table',
  );
  return rows.map(({ name }) => name);
}

/** Valid indexes that no constraint owns. */
export async function readIndexes(session: Session, oid: number): Promise<IndexDefinition[]> {
  const rows = await session.query<{
    name: string;
    unique: string;
    definition: string;
    comment: string | null;
  }>(
    // pg_get_indexdef writes the qualified table's name, with ONLY where the table is partitioned.
    `SELECT x.relname AS name, i.indisunique AS unique, pg_catalog.obj_description(x.oid, 'pg_class') AS comment,
            pg_catalog.substr(def.text, pg_catalog.length(pg_catalog.format('CREATE %sINDEX %I ON %s%I.%I ',
              CASE WHEN i.indisunique THEN 'UNIQUE ' END, x.relname,
              CASE WHEN x.relkind = 'I' THEN 'ONLY ' END, n.nspname, t.relname)) + 1) AS definition
       FROM pg_catalog.pg_index AS i
       JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
       JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
       JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
      CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_indexdef(i.indexrelid)) AS def(text)
      WHERE i.indrelid = $1::oid AND i.indisvalid
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS c
                         WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
      ORDER BY x.relname COLLATE "C"`,
    [oid],
    'reading the indexes of a table',
  );
  return rows.map(({ unique, ...row }) => ({ ...row, unique: unique === 't' }));
}
