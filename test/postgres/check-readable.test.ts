import { beforeAll, expect, test } from 'vitest';
import { checkReadable } from '../../src/postgres/check-readable.ts';
import { findTables } from '../../src/postgres/find-tables.ts';
import { readTableDefinition } from '../../src/postgres/read-table-definition.ts';
import { createDatabase, createRole, type TestDatabase } from '../support/postgres.ts';
import { openSession } from './sessions.ts';

let database: TestDatabase;
let role: { readonly user: string; readonly url: string };
beforeAll(async () => {
  database = await createDatabase();
  role = await createRole(database);
});

/** Runs SQL as the superuser, then checks `name` as the role. */
async function check(name: string, sql: string): Promise<void> {
  await database.client.query(sql.replaceAll('ROLE_NAME', role.user));
  const session = await openSession(role.url);
  const { tables } = await findTables(session, [name]);
  await checkReadable(session, await readTableDefinition(session, tables[0]?.oid ?? expect.fail()));
}

test('the hint is the very GRANT that is missing', async () => {
  const failure = check('"Odd"."T""able"', 'CREATE SCHEMA "Odd"; CREATE TABLE "Odd"."T""able"(id int)');
  const grants = `GRANT USAGE ON SCHEMA "Odd" TO "${role.user}"; GRANT SELECT ON "Odd"."T""able" TO "${role.user}";`;
  await expect(failure).rejects.toMatchObject({
    code: 'E_TABLE_PRIVILEGE',
    hint: `As the owner, run: ${grants}`,
  });
  await check('"Odd"."T""able"', grants);
});

test('only what is missing is in the hint', async () => {
  const failure = check('s.t', 'CREATE SCHEMA s; CREATE TABLE s.t(id int); GRANT SELECT ON s.t TO ROLE_NAME');
  await expect(failure).rejects.toMatchObject({
    hint: `As the owner, run: GRANT USAGE ON SCHEMA "s" TO "${role.user}";`,
  });
});

test('rights on columns are not enough', async () => {
  const failure = check(
    'columns',
    'CREATE TABLE columns(id int, x int); GRANT SELECT (id, x) ON columns TO ROLE_NAME',
  );
  await expect(failure).rejects.toMatchObject({
    code: 'E_TABLE_PRIVILEGE',
    message: expect.stringContaining('columns are not enough'),
  });
});

test('row security that would hide rows is an error; with BYPASSRLS, or for the owner, it hides none', async () => {
  const failure = check(
    'secured',
    `CREATE TABLE secured(id int); ALTER TABLE secured ENABLE ROW LEVEL SECURITY; GRANT SELECT ON secured TO ROLE_NAME`,
  );
  await expect(failure).rejects.toMatchObject({
    code: 'E_TABLE_ROW_SECURITY',
    hint: expect.stringContaining(`ALTER ROLE "${role.user}" BYPASSRLS;`),
  });
  await check('secured', 'ALTER ROLE ROLE_NAME BYPASSRLS');
  await check('secured', 'ALTER ROLE ROLE_NAME NOBYPASSRLS; ALTER TABLE secured OWNER TO ROLE_NAME');
  const forced = check('secured', 'ALTER TABLE secured FORCE ROW LEVEL SECURITY');
  await expect(forced).rejects.toMatchObject({ code: 'E_TABLE_ROW_SECURITY' });
});

test('pg_read_all_data is enough', async () => {
  await check('everything', 'CREATE TABLE everything(id int); GRANT pg_read_all_data TO ROLE_NAME');
});

test('a table that was dropped meanwhile', async () => {
  await database.client.query('CREATE TABLE gone(id int)');
  const session = await openSession(database.url);
  const { tables } = await findTables(session, ['gone']);
  const definition = await readTableDefinition(session, tables[0]?.oid ?? expect.fail());
  await database.client.query('DROP TABLE gone');
  await expect(checkReadable(session, definition)).rejects.toMatchObject({ code: 'E_SOURCE_CHANGED' });
});
