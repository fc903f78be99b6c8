import type { ColumnEncoding } from '../format/columns.ts';
import type { ColumnDefinition, ColumnStorage } from '../format/manifest.ts';
import { grantsSql, toPrivileges } from './read-privileges.ts';
import type { Session } from './session.ts';

/** OIDs of built-in types: the same in every PostgreSQL. All other types are text. */
const encodings: Readonly<Record<string, ColumnEncoding>> = {
  16: 'boolean',
  20: 'integer',
  21: 'integer',
  23: 'integer',
  26: 'integer',
  700: 'float',
  701: 'float',
  1114: 'timestamp',
  1184: 'timestamptz',
};

interface ColumnRow {
  name: string;
  attnum: string;
  type: string;
  base_type: string;
  not_null: string;
  expression: string | null;
  identity: string;
  generated: string;
  collation: string | null;
  inherited: string;
  comment: string | null;
  grants: string | null;
  storage: string | null;
  compression: string;
  statistics: string | null;
}

const storages: Readonly<Record<string, ColumnStorage>> = {
  p: 'plain',
  e: 'external',
  x: 'extended',
  m: 'main',
};
const compressions: Readonly<Record<string, 'pglz' | 'lz4'>> = { p: 'pglz', l: 'lz4' };

/** The columns of a table in their order, without dropped ones. */
export async function readColumns(session: Session, oid: number): Promise<ColumnDefinition[]> {
  const rows = await session.query<ColumnRow>(
    `SELECT a.attname AS name, a.attnum, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
            (WITH RECURSIVE base(oid, next) AS (
               SELECT t.oid, t.typbasetype
               UNION ALL
               SELECT b.oid, b.typbasetype FROM base JOIN pg_catalog.pg_type AS b ON b.oid = base.next)
             SELECT base.oid FROM base WHERE base.next = 0) AS base_type,
            a.attnotnull AS not_null, pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression,
            a.attidentity AS identity, a.attgenerated AS generated, NOT a.attislocal AS inherited,
            pg_catalog.col_description(a.attrelid, a.attnum) AS comment,
            ${grantsSql('a.attacl', 'c', 'r.relowner')} AS grants,
            CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END AS storage,
            a.attcompression AS compression, NULLIF(a.attstattarget, -1) AS statistics,
            CASE WHEN a.attcollation <> t.typcollation
                 THEN pg_catalog.format('%I.%I', n.nspname, l.collname) END AS collation
       FROM pg_catalog.pg_attribute AS a
       JOIN pg_catalog.pg_class AS r ON r.oid = a.attrelid
       JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
       LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
       LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
       LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = l.collnamespace
      WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attnum`,
    [oid],
    'reading the columns of a table',
  );
  return rows.map(toColumn);
}

function toColumn(row: ColumnRow): ColumnDefinition {
  const isGenerated = row.generated !== '';
  return {
    name: row.name,
    attnum: Number(row.attnum),
    type: row.type,
    encoding: encodings[row.base_type] ?? 'text',
    notNull: row.not_null === 't',
    default: isGenerated ? null : row.expression,
    identity: row.identity === 'a' ? 'always' : row.identity === 'd' ? 'by default' : null,
    generated: isGenerated ? row.expression : null,
    virtual: row.generated === 'v',
    collation: row.collation,
    inherited: row.inherited === 't',
    comment: row.comment,
    grants: toPrivileges(row.grants),
    storage: row.storage === null ? null : (storages[row.storage] ?? null),
    compression: compressions[row.compression] ?? null,
    statistics: row.statistics === null ? null : Number(row.statistics),
  };
}
