import type { connectTo } from '../../support/postgres.ts';

export type Client = Awaited<ReturnType<typeof connectTo>>;

/** What happens to a table between two runs, and how many rows the run after it may ship at most. */
export interface Round {
  readonly change: string | ((connections: Connections) => Promise<void>);
  readonly ships: number;
}

export interface Connections {
  /** For statements of this round alone. */
  readonly client: Client;
  /** One of two connections of the scenario that stay open from round to round. */
  readonly held: readonly [Client, Client];
}

export interface Scenario {
  readonly name: string;
  /** The table must be called `table`; when absent (id integer PRIMARY KEY, v text) with 300 rows, in ranges of 100. */
  readonly ddl?: (table: string) => string;
  readonly rounds: (table: string) => readonly Round[];
}

const fill = (t: string, from = 1, to = 300) =>
  `INSERT INTO ${t} SELECT g, 'value ' || g FROM generate_series(${from}, ${to}) g`;

export const plain = (t: string): string => `CREATE TABLE ${t} (id integer PRIMARY KEY, v text); ${fill(t)}`;

const withColumn = (column: string, value: string) => (t: string) =>
  `CREATE TABLE ${t} (id integer PRIMARY KEY, v ${column}); INSERT INTO ${t} SELECT g, ${value} FROM generate_series(1, 300) g`;

const textKey = (t: string) =>
  `CREATE TABLE ${t} (id text COLLATE "C" PRIMARY KEY, v text);
   INSERT INTO ${t} SELECT CASE g % 2 WHEN 0 THEN 'a' ELSE 'B' END || g, 'value ' || g FROM generate_series(1, 300) g`;

const heap = (t: string) => `CREATE TABLE ${t} (n integer, v text); ${fill(t, 1, 2000)}`;

const update = (t: string, id: number) => `UPDATE ${t} SET v = v || '!' WHERE id = ${id}`;
const insert = (t: string, id: number) => `INSERT INTO ${t} VALUES (${id}, 'inserted')`;

const transactions: readonly Scenario[] = [
  {
    name: 'a prepared transaction, open over a run, then committed',
    rounds: (t) => [
      { change: `BEGIN; ${update(t, 5)}; ${insert(t, 1001)}; PREPARE TRANSACTION 'kept'`, ships: 0 },
      { change: "COMMIT PREPARED 'kept'", ships: 2 },
    ],
  },
  {
    name: 'a prepared transaction, open over a run, then rolled back',
    rounds: (t) => [
      { change: `BEGIN; ${update(t, 5)}; ${insert(t, 1001)}; PREPARE TRANSACTION 'dropped'`, ships: 0 },
      { change: "ROLLBACK PREPARED 'dropped'", ships: 0 },
    ],
  },
  {
    name: 'savepoints, nested, some rolled back',
    rounds: (t) => [
      {
        change: `BEGIN; SAVEPOINT a; ${update(t, 1)}; SAVEPOINT b; ${update(t, 2)}; SAVEPOINT c; ${update(t, 3)};
                 ROLLBACK TO b; ${update(t, 4)}; RELEASE a; COMMIT`,
        ships: 2,
      },
      { change: `BEGIN; SAVEPOINT a; ${update(t, 1)}; ROLLBACK TO a; DELETE FROM ${t}; ROLLBACK`, ships: 0 },
    ],
  },
  {
    name: 'more subtransactions than a snapshot lists, open over a run',
    rounds: (t) => [
      {
        async change({ held: [late] }) {
          await late.query('BEGIN');
          for (let id = 1; id <= 70; id++) await late.query(`SAVEPOINT s; ${update(t, id * 4)}`);
        },
        ships: 0,
      },
      { change: ({ held: [late] }) => run(late, 'COMMIT'), ships: 70 },
    ],
  },
  {
    name: 'a long transaction, open over several runs beside others that commit',
    rounds: (t) => [
      {
        change: ({ client, held: [late] }) =>
          inTurn(run(late, `BEGIN; ${update(t, 1)}`), () => run(client, update(t, 150))),
        ships: 1,
      },
      {
        change: ({ client, held: [late] }) =>
          inTurn(run(late, `SAVEPOINT a; ${update(t, 2)}`), () =>
            run(client, `${update(t, 150)}; ${insert(t, 1002)}`),
          ),
        ships: 2,
      },
      { change: insert(t, 1001), ships: 1 },
      { change: ({ held: [late] }) => run(late, `${insert(t, 1000)}; COMMIT`), ships: 3 },
    ],
  },
  {
    name: 'rows locked by several transactions, open over a run',
    rounds: (t) => [
      {
        change: ({ held: [one, two] }) =>
          inTurn(run(one, `BEGIN; SELECT FROM ${t} WHERE id < 50 FOR SHARE`), () =>
            run(two, `BEGIN; SELECT FROM ${t} WHERE id < 50 FOR KEY SHARE`),
          ),
        ships: 0,
      },
      {
        change: ({ held: [one, two] }) =>
          inTurn(run(one, 'COMMIT'), () => run(two, `${update(t, 7)}; COMMIT`)),
        ships: 1,
      },
      { change: `BEGIN; SELECT FROM ${t} FOR UPDATE; COMMIT`, ships: 0 },
    ],
  },
];

const heaps: readonly Scenario[] = [
  {
    name: 'HOT updates, and their cleaning up',
    rounds: (t) => [
      { change: Array.from({ length: 5 }, () => update(t, 200)).join('; '), ships: 1 },
      { change: ({ client }) => run(client, `VACUUM ${t}`), ships: 0 },
    ],
  },
  {
    name: 'VACUUM FREEZE, then an update',
    rounds: (t) => [
      { change: ({ client }) => run(client, `VACUUM (FREEZE) ${t}`), ships: 0 },
      { change: update(t, 5), ships: 1 },
    ],
  },
  {
    name: 'VACUUM FULL and CLUSTER, then an update',
    rounds: (t) => [
      { change: ({ client }) => run(client, `VACUUM (FULL) ${t}`), ships: 0 },
      { change: `CLUSTER ${t} USING ${t}_pkey`, ships: 0 },
      { change: update(t, 5), ships: 1 },
    ],
  },
  {
    name: 'TRUNCATE and the same rows again in one transaction',
    rounds: (t) => [
      { change: `BEGIN; TRUNCATE ${t}; ${fill(t)}; COMMIT`, ships: 0 },
      { change: `BEGIN; TRUNCATE ${t}; ${fill(t)}; ${update(t, 5)}; COMMIT`, ships: 100 },
      { change: `TRUNCATE ${t}`, ships: 0 },
      { change: fill(t, 200, 400), ships: 201 },
    ],
  },
  {
    name: 'rows that are frozen as they come in',
    rounds: (t) => [
      {
        change: `BEGIN; TRUNCATE ${t}; COPY ${t} FROM PROGRAM 'echo "7,new"' WITH (FORMAT csv, FREEZE); COMMIT`,
        ships: 1,
      },
      { change: update(t, 7), ships: 1 },
    ],
  },
  {
    name: 'a heap without a key: VACUUM FULL, the same rows again, and others',
    ddl: heap,
    rounds: (t) => [
      { change: ({ client }) => run(client, `VACUUM (FULL) ${t}`), ships: 0 },
      { change: `BEGIN; TRUNCATE ${t}; ${fill(t, 1, 2000)}; COMMIT`, ships: 0 },
      { change: `INSERT INTO ${t} VALUES (1, 'new')`, ships: 1 },
      { change: `CREATE INDEX ON ${t} (n DESC); CLUSTER ${t} USING ${t}_n_idx`, ships: 2001 },
    ],
  },
];

const keys: readonly Scenario[] = [
  {
    name: 'a sequence that goes backwards, into a gap',
    ddl: (t) => `CREATE TABLE ${t} (id serial PRIMARY KEY, v text); ${fill(t, 1, 100)}; ${fill(t, 201, 400)}`,
    rounds: (t) => [
      {
        change: `SELECT setval('${t}_id_seq', 120); INSERT INTO ${t} (v) SELECT 'gap' FROM generate_series(1, 3)`,
        ships: 3,
      },
      { change: `SELECT setval('${t}_id_seq', 1, false); ${insert(t, -5)}`, ships: 1 },
    ],
  },
  {
    name: 'a primary key that is updated',
    rounds: (t) => [
      { change: `UPDATE ${t} SET id = 1005 WHERE id = 5`, ships: 100 },
      { change: `UPDATE ${t} SET id = 5 WHERE id = 1005`, ships: 2 },
    ],
  },
  {
    name: 'two keys swapped, within a range and across',
    ddl: (t) => `CREATE TABLE ${t} (id integer PRIMARY KEY DEFERRABLE, v text); ${fill(t)}`,
    rounds: (t) => [
      { change: `UPDATE ${t} SET id = 11 - id WHERE id IN (5, 6)`, ships: 2 },
      { change: `UPDATE ${t} SET id = 301 - id WHERE id IN (1, 300)`, ships: 2 },
    ],
  },
  {
    name: 'a key deleted and inserted again',
    rounds: (t) => [
      { change: `BEGIN; DELETE FROM ${t} WHERE id = 5; ${insert(t, 5)}; COMMIT`, ships: 1 },
      { change: `BEGIN; DELETE FROM ${t} WHERE id = 5; COMMIT; ${insert(t, 5)}`, ships: 1 },
      { change: `DELETE FROM ${t} WHERE id = 5`, ships: 99 },
      { change: insert(t, 5), ships: 1 },
    ],
  },
  {
    name: 'updates that change nothing',
    rounds: (t) => [{ change: `UPDATE ${t} SET v = v`, ships: 0 }],
  },
  {
    name: 'another collation of the key',
    ddl: textKey,
    rounds: (t) => [
      { change: `ALTER TABLE ${t} ALTER id TYPE text COLLATE "und-x-icu"`, ships: 300 },
      { change: 'ALTER COLLATION "und-x-icu" REFRESH VERSION', ships: 0 },
      { change: `UPDATE ${t} SET v = 'changed' WHERE id = 'a100'`, ships: 1 },
    ],
  },
];

const columns: readonly Scenario[] = [
  {
    name: 'ADD COLUMN with a default, then DROP COLUMN',
    rounds: (t) => [
      { change: `ALTER TABLE ${t} ADD w integer DEFAULT 7`, ships: 300 },
      { change: update(t, 5), ships: 1 },
      { change: `ALTER TABLE ${t} DROP w`, ships: 300 },
    ],
  },
  {
    name: 'a type changed, to one with the same text and to another',
    rounds: (t) => [
      { change: `ALTER TABLE ${t} ALTER v TYPE varchar(100)`, ships: 0 },
      { change: `ALTER TABLE ${t} ALTER id TYPE bigint`, ships: 0 },
      { change: `ALTER TABLE ${t} ALTER v TYPE char(20)`, ships: 300 },
      { change: update(t, 5).replace("v || '!'", "'short'"), ships: 1 },
    ],
  },
  {
    name: 'numbers that are printed otherwise after a change of type',
    ddl: withColumn('numeric', 'g'),
    rounds: (t) => [{ change: `ALTER TABLE ${t} ALTER v TYPE numeric(10,2)`, ships: 300 }],
  },
  {
    name: 'a generated column computed otherwise',
    ddl: withColumn('text, w integer GENERATED ALWAYS AS (least(id, 150)) STORED', "'value ' || g"),
    rounds: (t) => [
      { change: `ALTER TABLE ${t} ALTER w SET EXPRESSION AS (least(id, 200))`, ships: 200 },
      {
        change: `ALTER TABLE ${t} ALTER w SET EXPRESSION AS (CASE WHEN id < 200 THEN id ELSE 200 END)`,
        ships: 0,
      },
    ],
  },
  {
    name: 'a label of an enum renamed: only ranges that hold it',
    ddl: (t) =>
      `CREATE TYPE ${t}_mood AS ENUM ('sad', 'ok');
       ${withColumn(`${t}_mood`, `(CASE WHEN g <= 100 THEN 'sad' ELSE 'ok' END)::${t}_mood`)(t)}`,
    rounds: (t) => [
      { change: `ALTER TYPE ${t}_mood RENAME VALUE 'sad' TO 'blue'`, ships: 100 },
      { change: `UPDATE ${t} SET v = 'ok' WHERE id = 5`, ships: 1 },
    ],
  },
];

export const scenarios: readonly Scenario[] = [...transactions, ...heaps, ...keys, ...columns];

async function run(client: Client, sql: string): Promise<void> {
  await client.query(sql);
}

async function inTurn(first: Promise<void>, second: () => Promise<void>): Promise<void> {
  await first;
  await second();
}
