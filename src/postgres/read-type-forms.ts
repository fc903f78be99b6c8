import { nameForms } from './name-forms.ts';
import type { Session } from './session.ts';

/**
 * What the text of values and the order of keys depend on besides a table's own columns, one text each: the label of each
 * value of an enum, the attributes of a composite type, the version of an extension whose type is used, the version of
 * each collation of the primary key, the names that values print. All of it changes without touching a row (`ALTER TYPE …
 * RENAME VALUE`, `ALTER TABLE … RENAME`, an upgrade of the operating system). Types of columns are followed through
 * domains, arrays, composites and ranges.
 */
export async function readTypeForms(session: Session, oid: number): Promise<string[]> {
  const database =
    session.facts.serverVersion >= 150_000
      ? 'pg_catalog.pg_database_collation_actual_version(d.oid)'
      : 'NULL::text';
  const rows = await session.query<{ form: string }>(
    `WITH RECURSIVE used(oid) AS (
       SELECT atttypid FROM pg_catalog.pg_attribute WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped
       UNION
       SELECT x.oid FROM used AS u JOIN pg_catalog.pg_type AS t ON t.oid = u.oid CROSS JOIN LATERAL (
         SELECT t.typbasetype WHERE t.typtype = 'd'
         UNION ALL SELECT t.typelem WHERE t.typelem <> 0
         UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range AS r WHERE t.oid IN (r.rngtypid, r.rngmultitypid)
         UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute AS a
                    WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS x(oid))
     SELECT f.form FROM (
     SELECT pg_catalog.format('enum %s %s', e.oid, e.enumlabel) AS form
       FROM pg_catalog.pg_enum AS e WHERE e.enumtypid IN (SELECT oid FROM used)
     UNION ALL
     SELECT pg_catalog.format('row %s: %s', pg_catalog.format_type(t.oid, NULL),
              (SELECT pg_catalog.string_agg(a.attnum || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod), ', '
                                            ORDER BY a.attnum)
                 FROM pg_catalog.pg_attribute AS a
                WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
       FROM pg_catalog.pg_type AS t WHERE t.typtype = 'c' AND t.oid IN (SELECT oid FROM used)
     UNION
     SELECT pg_catalog.format('extension %s %s', x.extname, x.extversion)
       FROM pg_catalog.pg_depend AS p JOIN pg_catalog.pg_extension AS x ON x.oid = p.refobjid
      WHERE p.classid = 'pg_catalog.pg_type'::regclass AND p.deptype = 'e' AND p.objid IN (SELECT oid FROM used)
     UNION ALL
     ${nameForms('used')}
     UNION
     SELECT pg_catalog.format('collation %s %s', c.collname, v.version)
       FROM pg_catalog.pg_index AS i
      CROSS JOIN LATERAL unnest(i.indcollation::oid[]) AS k(oid)
       JOIN pg_catalog.pg_collation AS c ON c.oid = k.oid
       JOIN pg_catalog.pg_database AS d ON d.datname = pg_catalog.current_database()
      CROSS JOIN LATERAL (SELECT CASE WHEN c.collprovider = 'd' THEN ${database}
                                      ELSE pg_catalog.pg_collation_actual_version(c.oid) END) AS v(version)
      WHERE i.indrelid = $1::oid AND i.indisprimary AND v.version IS NOT NULL
     ) AS f ORDER BY f.form COLLATE pg_catalog."C"`,
    [oid],
    'reading the types of a table',
  );
  return rows.map(({ form }) => form);
}
