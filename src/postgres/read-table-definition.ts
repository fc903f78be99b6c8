import { BackupError } from '../core/errors.ts';
import type {
  PartitionedTable,
  RelationDefinition,
  RelationName,
  TableDefinition,
} from '../format/manifest.ts';
import { readColumns } from './read-columns.ts';
import { readConstraints, readIndexes, readKey } from './read-constraints.ts';
import { readInherits, readPartitionOf } from './read-ancestry.ts';
import { readNeeds } from './read-needs.ts';
import { readRelationFacts } from './read-relation-facts.ts';
import { readSequences } from './read-sequences.ts';
import { quoteQualified } from './quote.ts';
import type { Session } from './session.ts';

/**
 * All that is needed to create a table again, as the current transaction sees it. `relations` are the heaps that
 * `fromItem` reads: the table itself, or the leaf partitions of a partitioned table. Tables that merely inherit from
 * it are tables of their own.
 *
 * @throws BackupError `E_SOURCE_CHANGED` where no table has that OID any more.
 */
export async function readTableDefinition(session: Session, oid: number): Promise<TableDefinition> {
  const [row] = await session.query<{
    schema: string;
    name: string;
    unlogged: string;
    leaves: string | null;
  }>(
    `SELECT n.nspname AS schema, c.relname AS name, c.relpersistence = 'u' AS unlogged,
            CASE WHEN c.relkind = 'p' THEN (
              SELECT pg_catalog.string_agg(leaf.relid::oid::text, ',' ORDER BY leaf.relid::oid)
                FROM pg_catalog.pg_partition_tree(c.oid) AS leaf
                JOIN pg_catalog.pg_class AS l ON l.oid = leaf.relid
               WHERE l.relkind <> 'p')
            ELSE c.oid::text END AS leaves
       FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.oid = $1::oid AND c.relkind IN ('r', 'p')`,
    [oid],
    'reading the definition of a table',
  );
  if (!row) throw new BackupError('E_SOURCE_CHANGED', `the table with OID ${oid} was dropped`);
  return {
    ...(await readRelation(session, row, oid)),
    relations: row.leaves === null ? [] : row.leaves.split(',').map(Number),
    inherits: await readInherits(session, oid),
    unlogged: row.unlogged === 't',
  };
}

/** A partitioned table without its partitions. */
export async function readPartitionedTable(session: Session, oid: number): Promise<PartitionedTable> {
  const [row] = await session.query<RelationName & { key: string }>(
    `SELECT n.nspname AS schema, c.relname AS name, pg_catalog.pg_get_partkeydef(c.oid) AS key
       FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.oid = $1::oid AND c.relkind = 'p'`,
    [oid],
    'reading the definition of a partitioned table',
  );
  if (!row) throw new BackupError('E_SOURCE_CHANGED', `the partitioned table with OID ${oid} was dropped`);
  return { ...(await readRelation(session, row, oid)), partitionKey: row.key };
}

async function readRelation(
  session: Session,
  { schema, name }: RelationName,
  oid: number,
): Promise<RelationDefinition> {
  return {
    schema,
    name,
    oid,
    columns: await readColumns(session, oid),
    key: await readKey(session, oid),
    constraints: await readConstraints(session, oid),
    indexes: await readIndexes(session, oid),
    sequences: await readSequences(session, oid),
    partitionOf: await readPartitionOf(session, oid),
    ...(await readRelationFacts(session, oid)),
    needs: await readNeeds(session, oid),
  };
}

/**
 * The table in a FROM clause, quoted, standing for the rows of its `relations` and no others: without ONLY, a
 * table would give the rows of those that inherit from it as well, which are backed up on their own.
 */
export function fromItem({
  schema,
  name,
  oid,
  relations,
}: Pick<TableDefinition, 'schema' | 'name' | 'oid' | 'relations'>): string {
  const relation = quoteQualified(schema, name);
  return relations.includes(oid) ? `ONLY ${relation}` : relation;
}
