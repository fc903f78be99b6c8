/** Statements that change rows. None waits for a row that another transaction holds: it takes others instead. */
import type { Dice } from './dice.ts';
import { insertSql, type Table, type World } from './world.ts';

export type ChangeName = keyof typeof changes;

/** One statement of a kind, for some table of the world. */
export interface Change {
  readonly table: Table;
  readonly sql: string;
}

const changes = {
  insert: (table: Table, dice: Dice) => insertSql(table, dice, dice.int(1, 4)),
  insertMany: (table: Table, dice: Dice) => insertSql(table, dice, dice.int(20, 60)),
  update: (table: Table, dice: Dice) => updateSql(table, dice, table.kind.change(dice), dice.int(1, 4)),
  updateMany: (table: Table, dice: Dice) => updateSql(table, dice, table.kind.change(dice), dice.int(10, 60)),
  delete: (table: Table, dice: Dice) => deleteSql(table, dice, dice.int(1, 3)),
  deleteMany: (table: Table, dice: Dice) => deleteSql(table, dice, dice.int(20, 60)),
  changeKey: (table: Table, dice: Dice) => {
    const set = table.kind.changeKey?.(dice);
    return set === undefined ? undefined : updateSql(table, dice, set, 1);
  },
  reinsert: reinsertSql,
  moveRow: (table: Table, dice: Dice) => updateSql(table, dice, 'n = t.n', dice.int(1, 3)),
  lockRows: (table: Table, dice: Dice) => {
    const strength = dice.pick(['UPDATE', 'NO KEY UPDATE', 'SHARE', 'KEY SHARE']);
    return `SELECT FROM ${table.name} AS t ${orderSql(table, dice, dice.int(1, 5))} FOR ${strength} SKIP LOCKED`;
  },
  /** An id that was handed out and not used yet comes late; ids that are used already come again. */
  setSequence: (table: Table, dice: Dice) =>
    table.kind.name === 'serial'
      ? `SELECT setval(pg_get_serial_sequence('${table.name}', 'id'), ${dice.int(1, 400)})`
      : undefined,
};

export function chooseChange(
  world: World,
  dice: Dice,
  weights: Readonly<Record<ChangeName, number>>,
): Change | undefined {
  const table = dice.pickAny(world.writable());
  if (!table) return undefined;
  const sql = changes[dice.weighted(weights)](table, dice);
  return sql === undefined ? undefined : { table, sql };
}

/** Rows of `t` here and there, or next to one another. */
function orderSql({ kind }: Table, dice: Dice, count: number): string {
  const isNear = kind.key.length > 0 && dice.chance(0.4);
  const order = isNear
    ? kind.key.map((column) => `t.${column}`).join(', ')
    : `md5(${kind.rowName} || '${dice.int(0, 1e6)}')`;
  return `ORDER BY ${order}, t.ctid OFFSET ${isNear ? dice.int(0, 250) : 0} LIMIT ${count}`;
}

function chosenSql(table: Table, dice: Dice, count: number): string {
  return `WITH chosen AS MATERIALIZED (SELECT t.tableoid AS chosen_table, t.ctid AS chosen_row FROM ${table.name} AS t
    ${orderSql(table, dice, count)} FOR UPDATE SKIP LOCKED)`;
}

const isChosen = 't.tableoid = chosen_table AND t.ctid = chosen_row';

function updateSql(table: Table, dice: Dice, set: string, count: number): string {
  return `${chosenSql(table, dice, count)} UPDATE ${table.name} AS t SET ${set} FROM chosen WHERE ${isChosen}`;
}

function deleteSql(table: Table, dice: Dice, count: number): string {
  return `${chosenSql(table, dice, count)} DELETE FROM ${table.name} AS t USING chosen WHERE ${isChosen}`;
}

/** Deletes rows, and inserts them with the same key and perhaps something else. */
function reinsertSql(table: Table, dice: Dice): string {
  const { columns } = table.kind;
  const values = columns.map((column) => (column === 'n' ? `n + ${dice.int(0, 1)}` : column)).join(', ');
  return `${chosenSql(table, dice, dice.int(1, 3))},
    gone AS (DELETE FROM ${table.name} AS t USING chosen WHERE ${isChosen} RETURNING t.*)
    INSERT INTO ${table.name} (${columns.join(', ')}) OVERRIDING SYSTEM VALUE SELECT ${values} FROM gone`;
}
