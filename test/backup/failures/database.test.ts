import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { fileFixture, s3Fixture } from '../../support/backup-fixture.ts';
import { createRole } from '../../support/postgres.ts';

const withUrl = (base: string, change: (url: URL) => void): string => {
  const url = new URL(base);
  change(url);
  return url.href;
};

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a database that cannot be used', () => {
  test('nobody listens: the hint names host and port, and the psql line to try', async () => {
    const fixture = await fileFixture({ rows: 0 });
    const port = await closedPort();
    const url = withUrl(fixture.database.url, (changed) => void (changed.port = String(port)));
    const error = await fixture.fail(1, '--database-url', url);
    expect(error.code).toBe('E_DB_UNREACHABLE');
    expect(error.message).toContain(`127.0.0.1:${port}: connection refused`);
    expect(error.hint).toMatch(/psql .*127\.0\.0\.1/);
    expect(error.hint).toContain(String(port));
  });

  test('wrong password', async () => {
    const fixture = await fileFixture({ rows: 0 });
    const role = await createRole(fixture.database);
    const url = withUrl(role.url, (changed) => void (changed.password = 'wrong-secret'));
    const error = await fixture.fail(1, '--database-url', url);
    expect(error.code).toBe('E_DB_AUTH');
    expect(error.message).toContain(`password authentication failed for user "${role.user}"`);
    expect(existsSync(fixture.store)).toBe(false);
  });

  test('no bucket is made for a database that lets nobody in', async () => {
    const fixture = await s3Fixture({ rows: 0 });
    const url = withUrl(fixture.database.url, (changed) => void (changed.pathname = '/no_such'));
    expect(await fixture.fail(1, '--database-url', url)).toMatchObject({ code: 'E_DB_NOT_FOUND' });
    expect(fixture.server.requests).toEqual([]);
  });

  test('unknown database', async () => {
    const fixture = await fileFixture({ rows: 0 });
    const url = withUrl(fixture.database.url, (changed) => void (changed.pathname = '/no_such'));
    const error = await fixture.fail(1, '--database-url', url);
    expect(error).toMatchObject({ code: 'E_DB_NOT_FOUND' });
    expect(error.message).toContain('no_such');
  });

  test('no connection left for the role', async () => {
    const fixture = await fileFixture({ rows: 0 });
    const role = await createRole(fixture.database, 'CONNECTION LIMIT 0');
    const error = await fixture.fail(1, '--database-url', role.url);
    expect(error.code).toBe('E_DB_CONNECTION_LIMIT');
    expect(error.hint).toContain('CONNECTION LIMIT');
  });
});

describe('a table that cannot be backed up', () => {
  test('missing: the nearest name is told', async () => {
    const fixture = await fileFixture();
    const error = await fixture.fail(1, '--table', 'artcles');
    expect(error.code).toBe('E_TABLE_NOT_FOUND');
    expect(error.hint).toContain('public.articles');
  });

  test('no table at all', async () => {
    const fixture = await fileFixture({ rows: 0 });
    const error = await fixture.fail(1);
    expect(error).toMatchObject({ code: 'E_TABLE_NOT_FOUND', hint: 'The database has no tables.' });
  });

  test('no SELECT right: the hint is the GRANT, and it works', async () => {
    const fixture = await fileFixture();
    const role = await createRole(fixture.database);
    const error = await fixture.fail(1, '--database-url', role.url);
    expect(error.code).toBe('E_TABLE_PRIVILEGE');
    const grant = /run: (GRANT .*;)$/.exec(error.hint)?.[1] ?? '';
    await fixture.database.client.query(grant);
    await fixture.backup('--database-url', role.url);
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('row security that would hide rows, and none that would not', async () => {
    const fixture = await fileFixture();
    const role = await createRole(fixture.database);
    await fixture.database.client.query(`
      GRANT SELECT ON articles TO ${role.user};
      ALTER TABLE articles ENABLE ROW LEVEL SECURITY;
      CREATE POLICY half ON articles USING (id % 2 = 0)`);
    const error = await fixture.fail(1, '--database-url', role.url);
    expect(error.code).toBe('E_TABLE_ROW_SECURITY');
    expect(error.hint).toContain(`ALTER ROLE "${role.user}" BYPASSRLS`);
    await fixture.database.client.query(`ALTER ROLE ${role.user} BYPASSRLS`);
    await fixture.backup('--database-url', role.url);
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('a view', async () => {
    const fixture = await fileFixture();
    await fixture.database.client.query('CREATE VIEW recent AS SELECT * FROM articles');
    const error = await fixture.fail(1, '--table', 'recent');
    expect(error).toMatchObject({ code: 'E_TABLE_KIND' });
    expect(error.message).toContain('public.recent is no ordinary table: view');
  });

  test('one of several: nothing is committed, and nothing is lost', async () => {
    const fixture = await fileFixture();
    await fixture.backup();
    const before = await fixture.restored();
    await fixture.fail(1, '--table', 'articles', '--table', 'no_such');
    expect(await fixture.restored()).toEqual(before);
    await fixture.backup();
  });
});
