import type pg from 'pg';
import type { Dice } from './dice.ts';
import {
  kinds,
  partedKinds,
  partition,
  preparations,
  regionsEach,
  type Kind,
  type KindName,
  type PartedKind,
} from './kinds.ts';

/** A table of the history as it is now. */
export interface Table {
  /** Quoted. */
  name: string;
  readonly kind: Kind;
  /** Columns that were added, beside those of its kind. */
  extras: { readonly name: string; readonly generated: boolean }[];
  /** A copy that may take its place. */
  next?: Table;
  /** The history made it, and may drop it. */
  readonly passing: boolean;
  /** For partitions: of what, which, and whether it is one now. */
  readonly partition?: { readonly parent: string; readonly number: number; attached: boolean };
}

/** What the history knows of the source: its tables. */
export class World {
  tables: Table[] = [];
  /** Partitions and their partitioned table lock one another. */
  static group(table: Table): string {
    return table.partition?.parent ?? table.name;
  }

  /** Tables whose rows are written by their own name. */
  writable(): Table[] {
    return this.tables.filter((table) => table.partition?.attached !== true);
  }
}

/** Creates tables of these kinds with their first rows, as after a while of use. */
export async function createWorld(
  client: pg.Client,
  dice: Dice,
  names: readonly KindName[],
  rowsFactor: number,
): Promise<World> {
  const world = new World();
  for (const sql of preparations) await client.query(sql);
  await client.query("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')");
  for (const name of names) {
    const table: Table = { name: kinds[name].name, kind: kinds[name], extras: [], passing: false };
    await createTable(client, dice, table, rowsFactor);
    world.tables.push(table);
    const parent = partedKinds.find((kind) => kind === table.kind);
    if (parent) world.tables.push(...(await createPartitions(client, dice, parent, rowsFactor)));
  }
  return world;
}

export function createSql(name: string, kind: Kind): string {
  return `CREATE TABLE ${name} (${kind.definition}) ${kind.suffix ?? ''}`;
}

export function insertSql(table: Table, dice: Dice, count: number): string {
  const { kind, name } = table;
  const rows = Array.from({ length: count }, () => kind.row(dice)).join(', ');
  const conflict = kind.key.length > 0 ? ' ON CONFLICT DO NOTHING' : '';
  return `INSERT INTO ${name} (${kind.inserted.join(', ')}) VALUES ${rows}${conflict}`;
}

async function createTable(client: pg.Client, dice: Dice, table: Table, rowsFactor: number): Promise<void> {
  await client.query(createSql(table.name, table.kind));
  const rows = Math.round(table.kind.rows * rowsFactor);
  if (rows > 0) await client.query(insertSql(table, dice, rows));
  for (const sql of table.kind.afterwards ?? []) await client.query(sql.replaceAll('{}', table.name));
}

/** Two partitions, and a third table that may become one. */
async function createPartitions(
  client: pg.Client,
  dice: Dice,
  parent: PartedKind,
  rowsFactor: number,
): Promise<Table[]> {
  const tables: Table[] = [];
  for (const number of [0, 1, 2]) {
    const kind = partition(parent, number);
    const place = { parent: parent.name, number, attached: number < 2 };
    const table: Table = { name: kind.name, kind, extras: [], passing: false, partition: place };
    await createTable(client, dice, table, rowsFactor);
    if (place.attached) await client.query(attachSql(table.name, place));
    tables.push(table);
  }
  return tables;
}

export function attachSql(
  name: string,
  { parent, number }: { readonly parent: string; readonly number: number },
): string {
  const [from, to] = [regionsEach * number, regionsEach * (number + 1)];
  return `ALTER TABLE ${parent} ATTACH PARTITION ${name} FOR VALUES FROM (${from}) TO (${to})`;
}
