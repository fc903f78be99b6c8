/** What is done to tables as a whole, between runs. */
import { literal, type Dice } from './dice.ts';
import { attachSql, createSql, insertSql, type Table, type World } from './world.ts';

export type AlterationName = keyof typeof alterations;

/** Statements that belong together. The history learns of them by `done`, if all went well. */
export interface Alteration {
  readonly table: Table;
  readonly sql: readonly string[];
  readonly done?: () => void;
}

type Make = (table: Table, dice: Dice, world: World) => Alteration | undefined;

const plain =
  (make: (table: Table, dice: Dice) => string): Make =>
  (table, dice) => ({ table, sql: [make(table, dice)] });

const alterations = {
  vacuum: plain(({ name }) => `VACUUM ${name}`),
  freeze: plain(({ name }) => `VACUUM (FREEZE, ANALYZE) ${name}`),
  vacuumFull: plain(({ name }, dice) => `VACUUM (FULL${dice.chance(0.5) ? ', FREEZE' : ''}) ${name}`),
  truncate: plain(({ name }) => `TRUNCATE ${name}`),
  reindex: plain(({ name }) => `REINDEX TABLE ${name}`),
  cluster,
  addColumn,
  dropColumn,
  alterType,
  collation,
  expression,
  renameLabel,
  addLabel,
  prepareNext,
  swap,
  attach,
  createTable,
  dropTable,
} satisfies Record<string, Make>;

export function chooseAlteration(
  world: World,
  dice: Dice,
  weights: Readonly<Record<AlterationName, number>>,
): Alteration | undefined {
  // Not every table can be altered in every way, and sometimes none can.
  for (let tries = 0; tries < 3; tries++) {
    const make: Make = alterations[dice.weighted(weights)];
    for (const table of dice.shuffled(world.tables)) {
      const alteration = make(table, dice, world);
      if (alteration) return alteration;
    }
  }
  return undefined;
}

/** Writes the table anew in the order of its key. */
function cluster(table: Table): Alteration | undefined {
  const { kind, name } = table;
  if (kind.key.length === 0 || kind.suffix?.startsWith('PARTITION')) return undefined;
  const index = `(SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = ${literal(name)}::regclass AND indisprimary)`;
  const make = `DO $$ BEGIN EXECUTE format('CLUSTER %s USING %s', ${literal(name)}, ${index}); END $$`;
  return { table, sql: [make] };
}

/** A default that no row holds, one that writes the table anew, none, or a generated column. */
function addColumn(table: Table, dice: Dice): Alteration | undefined {
  if (table.partition || table.extras.length > 3) return undefined;
  const column = `extra${dice.fresh()}`;
  const generated = dice.chance(0.2);
  const type = generated
    ? 'int GENERATED ALWAYS AS (n + 1) STORED'
    : dice.pick([
        `int DEFAULT ${dice.int(1, 9)}`,
        `text NOT NULL DEFAULT ${literal(dice.words(2))}`,
        'numeric',
        'int DEFAULT (random() * 0)::int',
        "timestamptz DEFAULT '2020-02-02 02:02:02.020202+00'",
      ]);
  return {
    table,
    sql: [`ALTER TABLE ${table.name} ADD COLUMN ${column} ${type}`],
    done: () => void (table.extras = [...table.extras, { name: column, generated }]),
  };
}

function dropColumn(table: Table, dice: Dice): Alteration | undefined {
  const column = dice.pickAny(table.extras);
  if (!column || table.partition) return undefined;
  return {
    table,
    sql: [`ALTER TABLE ${table.name} DROP COLUMN ${column.name}`],
    done: () => void (table.extras = table.extras.filter((other) => other !== column)),
  };
}

/** With and without writing the table anew. */
function alterType(table: Table, dice: Dice): Alteration | undefined {
  if (table.partition) return undefined;
  const type = dice.pick(['note TYPE varchar(4000)', 'note TYPE text', 'n TYPE bigint', 'n TYPE int']);
  return { table, sql: [`ALTER TABLE ${table.name} ALTER COLUMN ${type}`] };
}

/** Another order of the same keys. */
function collation(table: Table, dice: Dice): Alteration | undefined {
  if (!table.kind.definition.includes('und-x-icu')) return undefined;
  const order = dice.pick(['"C"', '"und-x-icu"', '"de-x-icu"']);
  return { table, sql: [`ALTER TABLE ${table.name} ALTER COLUMN key TYPE text COLLATE ${order}`] };
}

/** Other values in rows that nobody touches. */
function expression(table: Table, dice: Dice): Alteration | undefined {
  if (!table.kind.definition.includes('twice')) return undefined;
  const column = `twice int GENERATED ALWAYS AS (n * ${dice.int(2, 9)}) STORED`;
  return { table, sql: [`ALTER TABLE ${table.name} DROP COLUMN twice, ADD COLUMN ${column}`] };
}

function renameLabel(table: Table, dice: Dice): Alteration {
  const label = `(SELECT enumlabel FROM pg_enum WHERE enumtypid = 'mood'::regtype ORDER BY enumsortorder OFFSET ${dice.int(0, 2)} LIMIT 1)`;
  const to = `'label ${dice.fresh()}'`;
  return {
    table,
    sql: [`DO $$ BEGIN EXECUTE format('ALTER TYPE mood RENAME VALUE %L TO %L', ${label}, ${to}); END $$`],
  };
}

function addLabel(table: Table, dice: Dice): Alteration {
  return { table, sql: [`ALTER TYPE mood ADD VALUE 'new ${dice.fresh()}'`] };
}

/** A copy of the table, some of its rows otherwise, that may take its place now or in a later run. */
function prepareNext(table: Table, dice: Dice): Alteration | undefined {
  if (!table.kind.canBeSwapped || table.next || table.passing) return undefined;
  const name = `next${dice.fresh()}`;
  const { columns } = table.kind;
  const extras = table.extras.filter(({ generated }) => !generated).map((extra) => extra.name);
  const list = [...columns, ...extras].join(', ');
  const next: Table = { name, kind: table.kind, extras: table.extras, passing: true };
  const change = dice.chance(0.5) ? ' WHERE n % 3 = 0' : '';
  return {
    table,
    sql: [
      `CREATE TABLE ${name} (LIKE ${table.name} INCLUDING ALL)`,
      `INSERT INTO ${name} (${list}) OVERRIDING SYSTEM VALUE SELECT ${list} FROM ${table.name}`,
      `UPDATE ${name} SET note = 'of the next' ${change}`,
      ...(dice.chance(0.3) ? [`DELETE FROM ${name} WHERE n % 4 = 1`] : []),
    ],
    done: () => (table.next = next),
  };
}

function swap(table: Table, dice: Dice, world: World): Alteration | undefined {
  const { next, name } = table;
  if (!next) return undefined;
  const old = `old${dice.fresh()}`;
  const sequence = table.kind.name === 'serial' ? [`ALTER SEQUENCE serial_id_seq OWNED BY ${name}.id`] : [];
  return {
    table,
    sql: [
      `BEGIN; ALTER TABLE ${name} RENAME TO ${old}; ALTER TABLE ${next.name} RENAME TO ${name}; COMMIT`,
      ...sequence,
    ],
    done: () => {
      world.tables.push({ name: old, kind: table.kind, extras: table.extras, passing: true });
      table.extras = next.extras;
      delete table.next;
    },
  };
}

/** A table becomes a partition, or a partition a table; sometimes one takes the place of the other at once. */
function attach(table: Table): Alteration | undefined {
  const { partition, name } = table;
  if (!partition) return undefined;
  const sql = partition.attached
    ? `ALTER TABLE ${partition.parent} DETACH PARTITION ${name}`
    : attachSql(name, partition);
  return { table, sql: [sql], done: () => void (partition.attached = !partition.attached) };
}

function createTable(table: Table, dice: Dice, world: World): Alteration | undefined {
  if (!table.kind.canBeSwapped || table.kind.name === 'serial') return undefined;
  const created: Table = { name: `created${dice.fresh()}`, kind: table.kind, extras: [], passing: true };
  return {
    table,
    sql: [createSql(created.name, created.kind), insertSql(created, dice, dice.int(1, 60))],
    done: () => void world.tables.push(created),
  };
}

function dropTable(table: Table, _: Dice, world: World): Alteration | undefined {
  if (!table.passing) return undefined;
  return {
    table,
    sql: [`DROP TABLE ${table.name}`],
    done: () => void (world.tables = world.tables.filter((other) => other !== table)),
  };
}
