import { beforeAll, expect, test } from 'vitest';
import type { ColumnDefinition, TableDefinition } from '../../src/format/manifest.ts';
import { findTables } from '../../src/postgres/find-tables.ts';
import {
  fromItem,
  readPartitionedTable,
  readTableDefinition,
} from '../../src/postgres/read-table-definition.ts';
import type { Session } from '../../src/postgres/session.ts';
import { createDatabase, createRole, startCluster, type TestDatabase } from '../support/postgres.ts';
import { openSession, valueOf } from './sessions.ts';

const articles = `
  CREATE TABLE articles (
    id SERIAL PRIMARY KEY, title TEXT NOT NULL, content TEXT NOT NULL, publication TEXT NOT NULL,
    source_url TEXT NOT NULL, timestamp TIMESTAMP NOT NULL, quality_score FLOAT NOT NULL,
    newsworthiness_score FLOAT NOT NULL, unusualness_score FLOAT NOT NULL )`;

let database: TestDatabase;
let session: Session;
beforeAll(async () => {
  database = await createDatabase();
  await database.client.query(articles);
  session = await openSession(database.url);
});

async function define(name: string, sql = '', reader = session): Promise<TableDefinition> {
  await database.client.query(sql);
  const { tables } = await findTables(reader, [name]);
  return readTableDefinition(reader, tables[0]?.oid ?? expect.fail());
}

/** A partitioned table as a whole, which a restore may find in its target; a backup reads its leaves. */
async function definePartitioned(name: string, sql: string): Promise<TableDefinition> {
  await database.client.query(sql);
  const oid = await valueOf(session, `SELECT 'public.${name}'::regclass::oid`);
  return readTableDefinition(session, Number(oid));
}

function column(definition: TableDefinition, name: string): ColumnDefinition {
  return definition.columns.find((one) => one.name === name) ?? expect.fail(`no column ${name}`);
}

test('the articles table', async () => {
  await database.client.query("SELECT setval('articles_id_seq', 41)");
  const definition = await define('articles');
  const dress = { comment: null, grants: [], storage: null, compression: null, statistics: null };
  const access = { owner: 'postgres', grants: [], revokes: [], comment: null };
  const own = { virtual: false, collation: null, inherited: false, ...dress };
  const plain = { notNull: true, default: null, identity: null, generated: null, ...own };
  const text = { ...plain, type: 'text', encoding: 'text' };
  const float = { ...plain, type: 'double precision', encoding: 'float' };
  expect(definition).toEqual({
    schema: 'public',
    name: 'articles',
    oid: definition.oid,
    relations: [definition.oid],
    partitionOf: null,
    inherits: [],
    unlogged: false,
    ...access,
    options: [],
    replicaIdentity: 'default',
    replicaIndex: null,
    needs: { extensions: [], collations: [], types: [] },
    columns: [
      {
        ...plain,
        attnum: 1,
        name: 'id',
        type: 'integer',
        encoding: 'integer',
        default: "nextval('public.articles_id_seq'::regclass)",
      },
      { ...text, attnum: 2, name: 'title' },
      { ...text, attnum: 3, name: 'content' },
      { ...text, attnum: 4, name: 'publication' },
      { ...text, attnum: 5, name: 'source_url' },
      { ...plain, attnum: 6, name: 'timestamp', type: 'timestamp without time zone', encoding: 'timestamp' },
      { ...float, attnum: 7, name: 'quality_score' },
      { ...float, attnum: 8, name: 'newsworthiness_score' },
      { ...float, attnum: 9, name: 'unusualness_score' },
    ],
    key: ['id'],
    constraints: [
      {
        name: 'articles_pkey',
        kind: 'primary key',
        definition: 'PRIMARY KEY (id)',
        inherited: false,
        comment: null,
      },
    ],
    indexes: [],
    sequences: [
      {
        ...access,
        schema: 'public',
        name: 'articles_id_seq',
        column: 'id',
        identity: false,
        type: 'integer',
        start: '1',
        increment: '1',
        min: '1',
        max: '2147483647',
        cache: '1',
        cycle: false,
        lastValue: '41',
      },
    ],
  });
});

test.each([
  ['smallint', 'integer'],
  ['int', 'integer'],
  ['bigint', 'integer'],
  ['oid', 'integer'],
  ['real', 'float'],
  ['float8', 'float'],
  ['boolean', 'boolean'],
  ['timestamp(3)', 'timestamp'],
  ['timestamptz', 'timestamptz'],
  ['outer_domain', 'integer'],
  ['numeric(10,2)', 'text'],
  ['money', 'text'],
  ['date', 'text'],
  ['int[]', 'text'],
  ['jsonb', 'text'],
  ['bytea', 'text'],
  ['xid8', 'text'],
])('a column of type %s is encoded as %s', async (type, encoding) => {
  const client = await database.connect();
  await client
    .query('CREATE DOMAIN inner_domain AS bigint; CREATE DOMAIN outer_domain AS inner_domain')
    .catch(() => {});
  const definition = await define('typed', `DROP TABLE IF EXISTS typed; CREATE TABLE typed(x ${type})`);
  expect(column(definition, 'x').encoding).toBe(encoding);
});

test('columns: identity, generated, defaults, collations, dropped ones left out', async () => {
  const definition = await define(
    'wide',
    `CREATE COLLATION public."Odd coll" (locale = 'C');
     CREATE TABLE wide(gone int, id bigint GENERATED ALWAYS AS IDENTITY (START 5 INCREMENT 3), n numeric(10,2) DEFAULT 1.5,
       d int GENERATED BY DEFAULT AS IDENTITY, g numeric GENERATED ALWAYS AS (n * 2) STORED,
       c text COLLATE "C", o varchar(9) COLLATE public."Odd coll", "Q ""x""" text DEFAULT 'it''s', PRIMARY KEY (d, id));
     ALTER TABLE wide DROP COLUMN gone`,
  );
  expect(definition.columns.map(({ name, attnum }) => [name, attnum])).toEqual([
    ['id', 2],
    ['n', 3],
    ['d', 4],
    ['g', 5],
    ['c', 6],
    ['o', 7],
    ['Q "x"', 8],
  ]);
  expect(definition.key).toEqual(['d', 'id']);
  expect(column(definition, 'id')).toMatchObject({ identity: 'always', default: null, notNull: true });
  expect(column(definition, 'd')).toMatchObject({ identity: 'by default' });
  expect(column(definition, 'n')).toMatchObject({ type: 'numeric(10,2)', default: '1.5', notNull: false });
  expect(column(definition, 'g')).toMatchObject({ generated: '(n * (2)::numeric)', default: null });
  expect(column(definition, 'c').collation).toBe('pg_catalog."C"');
  expect(column(definition, 'o')).toMatchObject({
    type: 'character varying(9)',
    collation: 'public."Odd coll"',
  });
  expect(column(definition, 'Q "x"').default).toBe("'it''s'::text");
  expect(definition.sequences).toMatchObject([
    { name: 'wide_d_seq', column: 'd', identity: true, lastValue: null },
    { name: 'wide_id_seq', column: 'id', identity: true, start: '5', increment: '3', lastValue: null },
  ]);
});

test('sequences that a default uses, and those the role may not read', async () => {
  const sql = `CREATE SEQUENCE shared_seq AS smallint CYCLE CACHE 7 MAXVALUE 99; SELECT nextval('shared_seq');
    CREATE TABLE uses(a int DEFAULT nextval('shared_seq') + nextval('articles_id_seq'))`;
  const definition = await define('uses', sql);
  expect(definition.sequences).toMatchObject([
    { name: 'articles_id_seq', column: null, identity: false },
    {
      name: 'shared_seq',
      column: null,
      type: 'smallint',
      cycle: true,
      cache: '7',
      max: '99',
      lastValue: '7',
    },
  ]);
  const role = await createRole(database);
  const poor = await define('uses', '', await openSession(role.url));
  expect(poor.sequences.map(({ lastValue }) => lastValue)).toEqual([null, null]);
});

test('constraints in an order in which they can be added, and the other indexes', async () => {
  const definition = await define(
    'constrained',
    `CREATE TABLE constrained(id int, a int, b text, r int4range, PRIMARY KEY (id) INCLUDE (b),
       CONSTRAINT "Uniq" UNIQUE (a), CONSTRAINT positive CHECK (a > 0), EXCLUDE USING gist (r WITH &&),
       article int REFERENCES articles ON DELETE CASCADE);
     CREATE INDEX "Odd ON name" ON constrained USING hash (b);
     CREATE UNIQUE INDEX part ON constrained (lower(b), a DESC) WHERE a > 5`,
  );
  expect(definition.key).toEqual(['id']);
  expect(definition.constraints).toMatchObject([
    { name: 'constrained_pkey', kind: 'primary key', definition: 'PRIMARY KEY (id) INCLUDE (b)' },
    { name: 'Uniq', kind: 'unique', definition: 'UNIQUE (a)' },
    { name: 'constrained_r_excl', kind: 'exclude', definition: 'EXCLUDE USING gist (r WITH &&)' },
    { name: 'positive', kind: 'check', definition: 'CHECK ((a > 0))' },
    {
      name: 'constrained_article_fkey',
      kind: 'foreign key',
      definition: 'FOREIGN KEY (article) REFERENCES public.articles(id) ON DELETE CASCADE',
    },
  ]);
  expect(definition.indexes).toMatchObject([
    { name: 'Odd ON name', unique: false, definition: 'USING hash (b)' },
    { name: 'part', unique: true, definition: 'USING btree (lower(b), a DESC) WHERE (a > 5)' },
  ]);
});

test('a partitioned table is its leaves, and each row is read once', async () => {
  const definition = await definePartitioned(
    'parted',
    `CREATE TABLE parted(id int, p int, PRIMARY KEY (id, p)) PARTITION BY LIST (p);
     CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
     CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2) PARTITION BY RANGE (id);
     CREATE TABLE parted_2_low PARTITION OF parted_2 FOR VALUES FROM (0) TO (10);
     CREATE INDEX by_p ON parted (p); INSERT INTO parted VALUES (1, 1), (2, 2)`,
  );
  const leaves = await valueOf(
    session,
    `SELECT json_agg(oid::int ORDER BY oid) FROM pg_class WHERE relname IN ('parted_1', 'parted_2_low')`,
  );
  expect(definition.relations).toEqual(JSON.parse(leaves ?? ''));
  expect(definition.indexes).toMatchObject([{ name: 'by_p', unique: false, definition: 'USING btree (p)' }]);
  expect(await valueOf(session, `SELECT count(*) FROM ${fromItem(definition)}`)).toBe('2');
  const referring = await define(
    'refers',
    'CREATE TABLE refers(id int, p int, FOREIGN KEY (id, p) REFERENCES parted)',
  );
  expect(referring.constraints.map(({ name }) => name)).toEqual(['refers_id_p_fkey']);
  const leaf = await define('parted_1');
  expect(leaf).toMatchObject({ key: ['id', 'p'], constraints: [{ definition: 'PRIMARY KEY (id, p)' }] });
});

test('partitions, heirs and unlogged tables tell what is above them', async () => {
  await database.client.query(
    `CREATE SCHEMA years; CREATE TABLE days(at date, n int CHECK (n > 0)) PARTITION BY RANGE (at, lower(n::text));
     CREATE TABLE years.y24 PARTITION OF days FOR VALUES FROM ('2024-01-01', MINVALUE) TO ('2025-01-01', MINVALUE);
     CREATE TABLE mother(a int, CONSTRAINT named CHECK (a > 0)); CREATE TABLE father(b int);
     CREATE UNLOGGED TABLE kid(a int, c int) INHERITS (father, mother)`,
  );
  const [days] = await database.client
    .query<{ oid: number }>(`SELECT 'days'::regclass::oid::int AS oid`)
    .then(({ rows }) => rows);
  expect(await readPartitionedTable(session, days?.oid ?? 0)).toMatchObject({
    schema: 'public',
    name: 'days',
    columns: [{ name: 'at' }, { name: 'n' }],
    partitionKey: 'RANGE (at, lower((n)::text))',
    partitionOf: null,
  });
  expect(await define('years.y24')).toMatchObject({
    partitionOf: {
      schema: 'public',
      name: 'days',
      bound: "FOR VALUES FROM ('2024-01-01', MINVALUE) TO ('2025-01-01', MINVALUE)",
    },
    columns: [{ inherited: true }, { inherited: true }],
    constraints: [{ kind: 'check', inherited: true }],
    inherits: [],
    unlogged: false,
  });
  expect(await define('kid')).toMatchObject({
    partitionOf: null,
    inherits: [
      { schema: 'public', name: 'father' },
      { schema: 'public', name: 'mother' },
    ],
    columns: [
      { name: 'b', inherited: true },
      { name: 'a', inherited: false },
      { name: 'c', inherited: false },
    ],
    constraints: [{ name: 'named', inherited: true }],
    unlogged: true,
  });
});

test('a partitioned table without partitions has no relations', async () => {
  const definition = await definePartitioned(
    'empty_parted',
    'CREATE TABLE empty_parted(id int) PARTITION BY LIST (id)',
  );
  expect(definition.relations).toEqual([]);
  expect(await valueOf(session, `SELECT count(*) FROM ${fromItem(definition)}`)).toBe('0');
});

test('tables that inherit are tables of their own: their rows are not read with the parent', async () => {
  const definition = await define(
    'base',
    'CREATE TABLE base(id int); CREATE TABLE derived() INHERITS (base); INSERT INTO base VALUES (1); INSERT INTO derived VALUES (2)',
  );
  expect(definition.relations).toEqual([definition.oid]);
  expect(await valueOf(session, `SELECT string_agg(id::text, ',') FROM ${fromItem(definition)}`)).toBe('1');
});

test('a table that was dropped', async () => {
  await expect(readTableDefinition(session, 1)).rejects.toMatchObject({ code: 'E_SOURCE_CHANGED' });
});

test.each([14, 18] as const)('PostgreSQL %i has the same catalogue', async (major) => {
  const cluster = await startCluster(major);
  const admin = await openSession(cluster.url(), { access: 'read-write' });
  await admin.query(`SET search_path = public; ${articles}; CREATE INDEX i ON articles (publication)`);
  const { tables } = await findTables(admin, ['*']);
  const definition = await readTableDefinition(admin, tables[0]?.oid ?? expect.fail());
  expect(definition).toMatchObject({
    key: ['id'],
    constraints: [{ kind: 'primary key' }],
    indexes: [{ name: 'i', definition: 'USING btree (publication)' }],
    sequences: [{ name: 'articles_id_seq', column: 'id' }],
  });
  expect(definition.columns.map(({ notNull }) => notNull)).toEqual(Array.from({ length: 9 }, () => true));
});
