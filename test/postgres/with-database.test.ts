import { expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { resolveConnection } from '../../src/postgres/resolve-connection.ts';
import { withDatabase } from '../../src/postgres/with-database.ts';

test.each([
  'postgresql://ann:p%20w@one:5433/shop',
  'postgres://one',
  'postgresql://ann@one:5433,two:5434/shop?sslmode=disable',
  // Over a path, a parameter holds.
  'postgresql://one/postgres?dbname=shop',
  'postgresql:///shop?host=/run/postgresql&',
  "host=one,two user=ann dbname='my shop' password='p w'",
  ' dbname=shop ',
])('%s, but for the database', async (text) => {
  const environment = { PGDATABASE: 'other', PGPASSFILE: '/nowhere' };
  const given = await resolveConnection({ databaseUrl: new Secret(text) }, environment);
  const name = `proof's \\ & "1"`;
  const found = await resolveConnection({ databaseUrl: withDatabase(new Secret(text), name) }, environment);
  const plain = (target: typeof given) => ({
    ...target,
    endpoints: target.endpoints.map((one) => ({ ...one, password: one.password?.reveal() })),
  });
  expect(plain(found)).toEqual({ ...plain(given), database: name });
});
