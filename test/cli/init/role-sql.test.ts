import { describe, expect, test } from 'vitest';
import { roleSql } from '../../../src/cli/init/role-sql.ts';
import { createDatabase, uniqueName, type TestDatabase } from '../../support/postgres.ts';
import { cleanUpLater } from '../../support/clean-up.ts';

const denied = { code: '42501' };

async function databaseWithTables(): Promise<TestDatabase> {
  const database = await createDatabase();
  await database.client.query(`
    CREATE SCHEMA "odd ""schema";
    CREATE TABLE articles (id serial PRIMARY KEY, title text);
    CREATE TABLE secrets (id serial PRIMARY KEY);
    CREATE TABLE "odd ""schema"."odd ""table" (id serial PRIMARY KEY)`);
  return database;
}

/** Runs the printed SQL, gives the role a password, and connects as it. */
async function connectAs(database: TestDatabase, role: string, tables: readonly string[]) {
  cleanUpLater(async () => {
    const admin = await database.connect();
    const name = admin.escapeIdentifier(role);
    await admin.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
  });
  await database.client.query(roleSql(role, database.name, tables));
  await database.client.query(`ALTER ROLE ${database.client.escapeIdentifier(role)} PASSWORD 'pw'`);
  return database.connect({ user: role, password: 'pw' });
}

describe('roleSql, run by PostgreSQL', () => {
  test('lets the role read the table and its sequence, now and later, and nothing else', async () => {
    const database = await databaseWithTables();
    const client = await connectAs(database, uniqueName('odd "role'), ['articles']);
    await client.query('SELECT * FROM articles');
    await client.query('SELECT last_value FROM articles_id_seq');
    await expect(client.query('SELECT * FROM secrets')).rejects.toMatchObject(denied);
    await expect(client.query('INSERT INTO articles DEFAULT VALUES')).rejects.toMatchObject(denied);
    await expect(client.query('CREATE TABLE x ()')).rejects.toMatchObject(denied);
    await database.client.query('CREATE TABLE later (id serial)');
    await client.query('SELECT * FROM later');
    await client.query('SELECT last_value FROM later_id_seq');
  });

  test('quotes schema and table', async () => {
    const database = await databaseWithTables();
    const client = await connectAs(database, uniqueName('role'), ['odd "schema.odd "table']);
    await client.query('SELECT * FROM "odd ""schema"."odd ""table"');
    await expect(client.query('SELECT * FROM articles')).rejects.toMatchObject(denied);
  });

  test('a glob grants its whole schema', async () => {
    const database = await databaseWithTables();
    const client = await connectAs(database, uniqueName('role'), ['public.*']);
    await client.query('SELECT * FROM articles, secrets');
    await expect(client.query('SELECT * FROM "odd ""schema"."odd ""table"')).rejects.toMatchObject(denied);
  });

  test("'*' grants reading of everything, and no more", async () => {
    const database = await databaseWithTables();
    const client = await connectAs(database, uniqueName('role'), ['*']);
    await client.query('SELECT * FROM articles, secrets, "odd ""schema"."odd ""table"');
    await expect(client.query('INSERT INTO articles DEFAULT VALUES')).rejects.toMatchObject(denied);
  });
});

test('names BYPASSRLS only as a remark', () => {
  const lines = roleSql('r', 'd', ['articles']).split('\n');
  expect(lines.filter((line) => line.includes('BYPASSRLS'))).toEqual(['-- ALTER ROLE "r" BYPASSRLS;']);
});
