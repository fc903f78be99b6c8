import type {
  DatabaseObjects,
  ExtensionDefinition,
  Needs,
  RelationName,
  SchemaDefinition,
} from '../format/manifest.ts';
import { readCollations } from './read-collations.ts';
import { grantsSql, revokesSql, toPrivileges } from './read-privileges.ts';
import { readTypes } from './read-types.ts';
import type { Session } from './session.ts';

/** What must be there before tables can be created: what they need, and the schemas that anything of it is in. */
export async function readDatabaseObjects(
  session: Session,
  relations: readonly {
    readonly schema: string;
    readonly needs: Needs;
    readonly sequences: readonly RelationName[];
  }[],
): Promise<DatabaseObjects> {
  const needs = relations.map((relation) => relation.needs);
  const extensions = await readExtensions(session, distinct(needs.flatMap((one) => one.extensions)));
  const collations = await readCollations(session, distinctNames(needs.flatMap((one) => one.collations)));
  const types = await readTypes(session, distinctNames(needs.flatMap((one) => one.types)));
  const homes = [
    ...[...relations, ...extensions, ...collations, ...types].map(({ schema }) => schema),
    ...relations.flatMap(({ sequences }) => sequences.map(({ schema }) => schema)),
  ];
  return { schemas: await readSchemas(session, distinct(homes)), extensions, collations, types };
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

function distinctNames(names: readonly RelationName[]): RelationName[] {
  return [...new Map(names.map((name) => [JSON.stringify([name.schema, name.name]), name])).values()];
}

/** Those of the named extensions that there are, and those that they need, in the order in which they were made. */
export async function readExtensions(
  session: Session,
  names: readonly string[],
): Promise<ExtensionDefinition[]> {
  if (names.length === 0) return [];
  const rows = await session.query<{ name: string; schema: string; version: string }>(
    `WITH RECURSIVE needed(oid) AS (
       SELECT oid FROM pg_catalog.pg_extension
        WHERE extname IN (SELECT pg_catalog.json_array_elements_text($1::json))
       UNION
       SELECT d.refobjid FROM needed AS n JOIN pg_catalog.pg_depend AS d
           ON d.classid = 'pg_catalog.pg_extension'::regclass AND d.objid = n.oid
          AND d.refclassid = 'pg_catalog.pg_extension'::regclass)
     SELECT x.extname AS name, n.nspname AS schema, x.extversion AS version
       FROM needed JOIN pg_catalog.pg_extension AS x ON x.oid = needed.oid
       JOIN pg_catalog.pg_namespace AS n ON n.oid = x.extnamespace
      ORDER BY x.oid`,
    [JSON.stringify(names)],
    'reading extensions',
  );
  return rows.map(({ name, schema, version }) => ({ name, schema, version }));
}

interface SchemaRow {
  name: string;
  owner: string;
  grants: string | null;
  revokes: string | null;
  comment: string | null;
}

async function readSchemas(session: Session, names: readonly string[]): Promise<SchemaDefinition[]> {
  const rows = await session.query<SchemaRow>(
    `SELECT n.nspname AS name, pg_catalog.pg_get_userbyid(n.nspowner) AS owner,
            ${grantsSql('n.nspacl', 'n', 'n.nspowner')} AS grants, ${revokesSql('n.nspacl', 'n', 'n.nspowner')} AS revokes,
            pg_catalog.obj_description(n.oid, 'pg_namespace') AS comment
       FROM pg_catalog.pg_namespace AS n
      WHERE n.nspname IN (SELECT pg_catalog.json_array_elements_text($1::json))
      ORDER BY n.nspname`,
    [JSON.stringify(names)],
    'reading schemas',
  );
  return rows.map(({ grants, revokes, ...row }) => ({
    ...row,
    grants: toPrivileges(grants),
    revokes: toPrivileges(revokes),
  }));
}
