import { quoteIdentifier, quoteQualified } from '../../postgres/quote.ts';

/**
 * The SQL that makes a role which may read what is backed up and nothing else. `tables` are `--table` patterns: a
 * plain name gets a grant on the table, a glob one on its schema, and a glob over schemas needs pg_read_all_data.
 */
export function roleSql(role: string, database: string, tables: readonly string[]): string {
  const name = quoteIdentifier(role);
  const targets = tables.map(splitPattern);
  const everything = targets.some(({ schema, table }) => isGlob(schema) || (schema === '' && isGlob(table)));
  const grants = everything
    ? ['-- Every table of every schema, also those created later:', `GRANT pg_read_all_data TO ${name};`]
    : [
        ...[...new Set(targets.map(({ schema }) => schema || 'public'))].flatMap((schema) =>
          schemaGrants(schema, targets, name),
        ),
        "-- For --table '*' instead: every table of every schema, also those created later.",
        `-- GRANT pg_read_all_data TO ${name};`,
      ];
  return [
    '-- Run this in the source database as a superuser, or as the owner of the database and its tables.',
    `CREATE ROLE ${name} LOGIN;`,
    `-- Give it a password, in psql: \\password ${name}`,
    `GRANT CONNECT ON DATABASE ${quoteIdentifier(database)} TO ${name};`,
    ...grants,
    '-- Only where row level security hides rows of a table (needs a superuser):',
    `-- ALTER ROLE ${name} BYPASSRLS;`,
  ].join('\n');
}

interface Target {
  /** Empty where the pattern names none. */
  readonly schema: string;
  readonly table: string;
}

function schemaGrants(schema: string, targets: readonly Target[], role: string): string[] {
  const place = quoteIdentifier(schema);
  const tables = targets.filter((target) => (target.schema || 'public') === schema).map(({ table }) => table);
  const selects = tables.some(isGlob)
    ? [`GRANT SELECT ON ALL TABLES IN SCHEMA ${place} TO ${role};`]
    : [
        ...tables.map((table) => `GRANT SELECT ON TABLE ${quoteQualified(schema, table)} TO ${role};`),
        '-- Where one of them is partitioned, the same for each of its partitions.',
      ];
  return [
    `GRANT USAGE ON SCHEMA ${place} TO ${role};`,
    ...selects,
    `GRANT SELECT ON ALL SEQUENCES IN SCHEMA ${place} TO ${role};`,
    '-- For tables created later; run it as the role that will create them:',
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${place} GRANT SELECT ON TABLES TO ${role};`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${place} GRANT SELECT ON SEQUENCES TO ${role};`,
  ];
}

function splitPattern(pattern: string): Target {
  const dot = pattern.indexOf('.');
  return dot < 0
    ? { schema: '', table: pattern }
    : { schema: pattern.slice(0, dot), table: pattern.slice(dot + 1) };
}

function isGlob(text: string): boolean {
  return /[*?[\]{}!]/.test(text);
}
