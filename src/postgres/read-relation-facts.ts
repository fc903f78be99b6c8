import { BackupError } from '../core/errors.ts';
import type { RelationDefinition } from '../format/manifest.ts';
import { grantsSql, revokesSql, toPrivileges } from './read-privileges.ts';
import type { Session } from './session.ts';

type RelationFacts = Pick<
  RelationDefinition,
  'owner' | 'grants' | 'revokes' | 'comment' | 'options' | 'replicaIdentity' | 'replicaIndex'
>;

interface FactsRow {
  owner: string;
  grants: string | null;
  revokes: string | null;
  comment: string | null;
  options: string | null;
  identity: string;
  index: string | null;
}

const identities: Readonly<Record<string, RelationDefinition['replicaIdentity']>> = {
  f: 'full',
  n: 'nothing',
  i: 'index',
};

/** What a table has besides its columns, constraints and indexes. */
export async function readRelationFacts(session: Session, oid: number): Promise<RelationFacts> {
  const [row] = await session.query<FactsRow>(
    `SELECT pg_catalog.pg_get_userbyid(c.relowner) AS owner, ${grantsSql('c.relacl', 'r', 'c.relowner')} AS grants,
            ${revokesSql('c.relacl', 'r', 'c.relowner')} AS revokes,
            pg_catalog.obj_description(c.oid, 'pg_class') AS comment, c.relreplident AS identity,
            (SELECT pg_catalog.json_agg(o.text) FROM (
               SELECT pg_catalog.unnest(c.reloptions)
               UNION ALL SELECT 'toast.' || pg_catalog.unnest(t.reloptions)) AS o(text)) AS options,
            (SELECT x.relname FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
              WHERE i.indrelid = c.oid AND i.indisreplident AND c.relreplident = 'i') AS index
       FROM pg_catalog.pg_class AS c LEFT JOIN pg_catalog.pg_class AS t ON t.oid = c.reltoastrelid
      WHERE c.oid = $1::oid`,
    [oid],
    'reading owner, grants and comment of a table',
  );
  if (!row) throw new BackupError('E_SOURCE_CHANGED', `the table with OID ${oid} was dropped`);
  return {
    owner: row.owner,
    grants: toPrivileges(row.grants),
    revokes: toPrivileges(row.revokes),
    comment: row.comment,
    options: row.options === null ? [] : (JSON.parse(row.options) as string[]),
    replicaIdentity: identities[row.identity] ?? 'default',
    replicaIndex: row.index,
  };
}
