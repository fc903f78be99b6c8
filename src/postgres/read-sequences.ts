import type { SequenceDefinition } from '../format/manifest.ts';
import { grantsSql, revokesSql, toPrivileges } from './read-privileges.ts';
import type { Session } from './session.ts';

interface SequenceRow {
  schema: string;
  name: string;
  column: string | null;
  identity: string;
  type: string;
  start: string;
  increment: string;
  min: string;
  max: string;
  cache: string;
  cycle: string;
  last_value: string | null;
  owner: string;
  grants: string | null;
  revokes: string | null;
  comment: string | null;
}

/**
 * The sequences that columns of a table own (serial, identity), and those that their defaults merely use. Sequences
 * know no snapshot: `lastValue` is the newest one, never below any value in a row of the snapshot.
 */
export async function readSequences(session: Session, oid: number): Promise<SequenceDefinition[]> {
  const rows = await session.query<SequenceRow>(
    `WITH used AS (
       SELECT d.objid AS seq, d.refobjsubid AS attnum, d.deptype = 'i' AS identity
         FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
          AND d.refobjid = $1::oid AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
       UNION ALL
       SELECT d.refobjid, NULL, false
         FROM pg_catalog.pg_attrdef AS f
         JOIN pg_catalog.pg_depend AS d
           ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = f.oid
          AND d.refclassid = 'pg_catalog.pg_class'::regclass
        WHERE f.adrelid = $1::oid)
     SELECT n.nspname AS schema, c.relname AS name, a.attname AS column, u.identity,
            pg_catalog.format_type(s.seqtypid, NULL) AS type, s.seqstart AS start, s.seqincrement AS increment,
            s.seqmin AS min, s.seqmax AS max, s.seqcache AS cache, s.seqcycle AS cycle,
            CASE WHEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT, USAGE')
                 THEN pg_catalog.pg_sequence_last_value(c.oid) END AS last_value,
            pg_catalog.pg_get_userbyid(c.relowner) AS owner, ${grantsSql('c.relacl', 's', 'c.relowner')} AS grants,
            ${revokesSql('c.relacl', 's', 'c.relowner')} AS revokes,
            pg_catalog.obj_description(c.oid, 'pg_class') AS comment
       FROM (SELECT seq, max(attnum) AS attnum, bool_or(identity) AS identity FROM used GROUP BY seq) AS u
       JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = u.seq
       JOIN pg_catalog.pg_class AS c ON c.oid = u.seq
       JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
       LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = $1::oid AND a.attnum = u.attnum
      ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
    [oid],
    'reading the sequences of a table',
  );
  return rows.map(({ last_value: lastValue, identity, cycle, grants, revokes, ...row }) => ({
    ...row,
    grants: toPrivileges(grants),
    revokes: toPrivileges(revokes),
    identity: identity === 't',
    cycle: cycle === 't',
    lastValue,
  }));
}
