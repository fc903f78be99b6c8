import type { CollationDefinition, CollationProvider, RelationName } from '../format/manifest.ts';
import type { Session } from './session.ts';

const providers: Readonly<Record<string, CollationProvider>> = { c: 'libc', i: 'icu', b: 'builtin' };

interface CollationRow {
  schema: string;
  name: string;
  owner: string;
  comment: string | null;
  provider: string;
  deterministic: string;
  locale: string | null;
  collate: string | null;
  ctype: string | null;
  rules: string | null;
}

/** Where each version keeps the locale of a collation that is not libc's. */
function localeSql(serverVersion: number): string {
  if (serverVersion >= 170_000) return 'c.colllocale';
  return serverVersion >= 150_000 ? 'c.colliculocale' : 'c.collcollate';
}

/** Those of the named collations that there are. */
export async function readCollations(
  session: Session,
  names: readonly RelationName[],
): Promise<CollationDefinition[]> {
  const { serverVersion } = session.facts;
  const found: CollationDefinition[] = [];
  for (const { schema, name } of names) {
    const rows = await session.query<CollationRow>(
      `SELECT n.nspname AS schema, c.collname AS name, pg_catalog.pg_get_userbyid(c.collowner) AS owner,
              pg_catalog.obj_description(c.oid, 'pg_collation') AS comment, c.collprovider AS provider,
              c.collisdeterministic AS deterministic,
              CASE WHEN c.collprovider <> 'c' THEN ${localeSql(serverVersion)} END AS locale,
              CASE WHEN c.collprovider = 'c' THEN c.collcollate END AS collate,
              CASE WHEN c.collprovider = 'c' THEN c.collctype END AS ctype,
              ${serverVersion >= 160_000 ? 'c.collicurules' : 'NULL'} AS rules
         FROM pg_catalog.pg_collation AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
        WHERE n.nspname = $1::text AND c.collname = $2::text
          AND c.collencoding IN (-1, (SELECT encoding FROM pg_catalog.pg_database
                                       WHERE datname = pg_catalog.current_database()))
        ORDER BY c.collencoding DESC LIMIT 1`,
      [schema, name],
      'reading collations',
    );
    for (const row of rows) {
      const provider = providers[row.provider];
      if (provider) found.push({ ...row, provider, deterministic: row.deterministic === 't' });
    }
  }
  return found;
}
