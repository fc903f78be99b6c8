import type pg from 'pg';
import { chooseChange, type ChangeName } from './changes.ts';
import type { Dice } from './dice.ts';
import type { Journal } from './journal.ts';
import { kinds } from './kinds.ts';
import { createSql, insertSql, World, type Table } from './world.ts';

export interface WriterWeights {
  readonly changes: Readonly<Record<ChangeName, number>>;
  /** What a transaction does next: a change, or something with its savepoints. */
  readonly steps: Readonly<Record<'change' | 'savepoint' | 'release' | 'rollBackTo' | 'createTable', number>>;
  readonly ends: Readonly<Record<'commit' | 'rollBack' | 'prepare', number>>;
  /** Share of transactions that stay open for long. */
  readonly long: number;
}

interface Transaction {
  readonly writer: number;
  /** Groups of tables it has locked. */
  readonly touched: Set<string>;
  readonly savepoints: string[];
  /** Steps to go. */
  left: number;
  /** Tables that are there once it commits. */
  readonly created: Table[];
}

interface Prepared {
  readonly name: string;
  readonly touched: ReadonlySet<string>;
  readonly created: readonly Table[];
}

/** A few connections with open transactions, one statement at a time in an order that the dice tell. */
export class Writers {
  readonly #clients: readonly pg.Client[];
  /** Never in a transaction. */
  readonly #keeper: pg.Client;
  readonly #world: World;
  readonly #dice: Dice;
  readonly #journal: Journal;
  readonly #weights: WriterWeights;
  #open: Transaction[] = [];
  #prepared: Prepared[] = [];
  transactions = 0;

  constructor(
    clients: readonly pg.Client[],
    keeper: pg.Client,
    parts: { world: World; dice: Dice; journal: Journal; weights: WriterWeights },
  ) {
    this.#clients = clients;
    this.#keeper = keeper;
    this.#world = parts.world;
    this.#dice = parts.dice;
    this.#journal = parts.journal;
    this.#weights = parts.weights;
  }

  async steps(count: number): Promise<void> {
    for (let step = 0; step < count; step++) await this.#step();
  }

  /** Ends the transactions that hold locks of these groups, or all. */
  async end(groups?: ReadonlySet<string>): Promise<void> {
    const isMeant = ({ touched }: { readonly touched: ReadonlySet<string> }) =>
      groups === undefined || [...groups].some((group) => touched.has(group));
    for (const transaction of this.#open.filter(isMeant)) await this.#end(transaction);
    for (const prepared of this.#prepared.filter(isMeant)) await this.#endPrepared(prepared);
  }

  async #step(): Promise<void> {
    const prepared = this.#dice.pickAny(this.#prepared);
    if (prepared && this.#dice.chance(0.15)) return this.#endPrepared(prepared);
    const writer = this.#dice.int(0, this.#clients.length - 1);
    const open = this.#open.find((transaction) => transaction.writer === writer);
    if (!open) return this.#begin(writer);
    if (open.left === 0) return this.#end(open);
    open.left -= 1;
    await this.#continue(open);
  }

  async #begin(writer: number): Promise<void> {
    await this.#run(writer, 'BEGIN');
    const left = this.#dice.chance(this.#weights.long) ? this.#dice.int(10, 30) : this.#dice.int(1, 5);
    this.#open.push({ writer, touched: new Set(), savepoints: [], left, created: [] });
    this.transactions += 1;
  }

  async #continue(transaction: Transaction): Promise<void> {
    const { savepoints, writer } = transaction;
    const step = this.#dice.weighted(this.#weights.steps);
    const name = this.#dice.pickAny(savepoints);
    if (step === 'savepoint') {
      const savepoint = `s${this.#dice.fresh()}`;
      await this.#run(writer, `SAVEPOINT ${savepoint}`);
      savepoints.push(savepoint);
    } else if (step === 'release' && name !== undefined) {
      await this.#run(writer, `RELEASE SAVEPOINT ${name}`);
      savepoints.splice(savepoints.indexOf(name));
    } else if (step === 'rollBackTo' && name !== undefined) {
      await this.#run(writer, `ROLLBACK TO SAVEPOINT ${name}`);
      savepoints.splice(savepoints.indexOf(name) + 1);
    } else if (step === 'createTable' && savepoints.length === 0) await this.#createTable(transaction);
    else await this.#change(transaction);
  }

  async #change(transaction: Transaction): Promise<void> {
    const change = chooseChange(this.#world, this.#dice, this.#weights.changes);
    if (!change) return;
    transaction.touched.add(World.group(change.table));
    await this.#try(transaction, change.sql);
  }

  /** A table that nobody else sees before the commit. */
  async #createTable(transaction: Transaction): Promise<void> {
    const name = `created${this.#dice.fresh()}`;
    const table: Table = {
      name,
      kind: this.#dice.pick([kinds.texts, kinds.keyless]),
      extras: [],
      passing: true,
    };
    if (!(await this.#try(transaction, createSql(name, table.kind)))) return;
    if (await this.#try(transaction, insertSql(table, this.#dice, 20))) transaction.created.push(table);
  }

  /** After an error a transaction goes on from its last savepoint, if it has one. */
  async #try(transaction: Transaction, sql: string): Promise<boolean> {
    const { writer, savepoints } = transaction;
    if (await this.#run(writer, sql)) return true;
    const last = savepoints.at(-1);
    if (last !== undefined) await this.#run(writer, `ROLLBACK TO SAVEPOINT ${last}`);
    else {
      await this.#run(writer, 'ROLLBACK');
      this.#forget(transaction);
    }
    return false;
  }

  async #end(transaction: Transaction): Promise<void> {
    const { writer, touched, created } = transaction;
    this.#forget(transaction);
    const end = this.#dice.weighted(this.#weights.ends);
    if (end === 'rollBack') return void (await this.#run(writer, 'ROLLBACK'));
    if (end === 'prepare') {
      const name = `p${this.#dice.fresh()}`;
      if (await this.#run(writer, `PREPARE TRANSACTION '${name}'`))
        this.#prepared.push({ name, touched, created });
      return;
    }
    if (await this.#run(writer, 'COMMIT')) this.#world.tables.push(...created);
  }

  async #endPrepared(prepared: Prepared): Promise<void> {
    this.#prepared = this.#prepared.filter((other) => other !== prepared);
    const keep = this.#dice.chance(0.7);
    const sql = `${keep ? 'COMMIT' : 'ROLLBACK'} PREPARED '${prepared.name}'`;
    await this.#journal.run(this.#keeper, 'keeper', sql);
    if (keep) this.#world.tables.push(...prepared.created);
  }

  #forget(transaction: Transaction): void {
    this.#open = this.#open.filter((other) => other !== transaction);
  }

  async #run(writer: number, sql: string): Promise<boolean> {
    const client = this.#clients[writer];
    if (!client) throw new Error(`there is no writer ${writer}`);
    return this.#journal.run(client, `writer ${writer}`, sql);
  }
}
