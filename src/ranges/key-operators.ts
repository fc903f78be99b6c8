import type { SnapshotReader } from './range-source.ts';

/**
 * For each column of a table's primary key, in key order, the quoted schema of the operators that its index orders by:
 * `KeyColumn.operators`. Nearly always `pg_catalog`; types of extensions bring their own.
 */
export async function readKeyOperators(reader: SnapshotReader, tableOid: number): Promise<string[]> {
  const rows = await reader.query(
    `SELECT pg_catalog.quote_ident(n.nspname) AS schema
       FROM pg_catalog.pg_index AS i
      CROSS JOIN LATERAL pg_catalog.unnest(i.indclass::oid[]) WITH ORDINALITY AS k(class, part)
       JOIN pg_catalog.pg_opclass AS c ON c.oid = k.class
       JOIN pg_catalog.pg_amop AS a ON a.amopfamily = c.opcfamily AND a.amopstrategy = 3
            AND a.amoplefttype = c.opcintype AND a.amoprighttype = c.opcintype
       JOIN pg_catalog.pg_operator AS o ON o.oid = a.amopopr
       JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
      WHERE i.indrelid = $1::oid AND i.indisprimary
      ORDER BY k.part`,
    [tableOid],
  );
  return rows.map(({ schema }) => schema ?? 'pg_catalog');
}
