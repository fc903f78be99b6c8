/**
 * A table as MVCC keeps it, in its plainest form: transactions with xids that only grow, subtransactions with larger
 * ones, row versions that a snapshot sees or not. No SQL, so that thousands of histories run in a second.
 */
export interface Version {
  readonly key: number;
  readonly xid: number;
  /** Different for each write: what a chunk would hold of the row. */
  readonly content: number;
}

export interface ModelSnapshot {
  readonly xmin: number;
  readonly xmax: number;
  /** Xids of top-level transactions in progress: subtransactions are not among them. */
  readonly xip: readonly number[];
  readonly rows: readonly Version[];
}

interface Transaction {
  /** Own xid and those of its subtransactions, outermost first; undefined until something is written. */
  readonly levels: { xid: number | undefined; readonly writes: Map<number, Version | null> }[];
  /** All that it would commit: `null` for a deleted row. */
  readonly done: Map<number, Version | null>;
}

export class ModelDatabase {
  #committed = new Map<number, Version>();
  readonly #open: Transaction[] = [];
  #nextXid = 100;
  #nextContent = 1;

  begin(): void {
    if (this.#open.length < 4) this.#open.push({ levels: [newLevel()], done: new Map() });
  }

  savepoint(pick: number): void {
    const transaction = this.#pick(pick);
    if (transaction && transaction.levels.length < 4) transaction.levels.push(newLevel());
  }

  /** Inserts the row, or updates it where it is there, unless another transaction has it locked. */
  write(pick: number, key: number): void {
    this.#change(pick, key, (xid) => ({ key, xid, content: this.#nextContent++ }));
  }

  delete(pick: number, key: number): void {
    this.#change(pick, key, () => null);
  }

  /** Ends the innermost subtransaction, keeping what it wrote or not. */
  release(pick: number, keep: boolean): void {
    const transaction = this.#pick(pick);
    if (!transaction || transaction.levels.length < 2) return;
    const level = transaction.levels.pop();
    if (keep) for (const [key, version] of level?.writes ?? []) transaction.done.set(key, version);
  }

  end(pick: number, commit: boolean): void {
    const transaction = this.#pick(pick);
    if (!transaction) return;
    this.#open.splice(this.#open.indexOf(transaction), 1);
    if (!commit) return;
    for (const [key, version] of seenBy(transaction)) {
      if (version) this.#committed.set(key, version);
      else this.#committed.delete(key);
    }
  }

  snapshot(): ModelSnapshot {
    const xip = this.#open.map(({ levels }) => levels[0]?.xid).filter((xid) => xid !== undefined);
    const rows = [...this.#committed.values()].sort((a, b) => a.key - b.key);
    return { xmin: Math.min(this.#nextXid, ...xip), xmax: this.#nextXid, xip, rows };
  }

  #pick(pick: number): Transaction | undefined {
    return this.#open[pick % Math.max(this.#open.length, 1)];
  }

  #change(pick: number, key: number, make: (xid: number) => Version | null): void {
    const transaction = this.#pick(pick);
    if (!transaction) return;
    const isLocked = this.#open.some((other) => other !== transaction && seenBy(other).has(key));
    if (isLocked) return;
    // A subtransaction gets an xid after all those around it have one.
    for (const level of transaction.levels) level.xid ??= this.#nextXid++;
    const level = transaction.levels.at(-1);
    level?.writes.set(key, make(level.xid ?? 0));
  }
}

function newLevel(): Transaction['levels'][number] {
  return { xid: undefined, writes: new Map() };
}

/** What the transaction would commit now; the writes of the innermost level last. */
function seenBy({ levels, done }: Transaction): Map<number, Version | null> {
  const [outer, ...inner] = levels;
  return new Map([...(outer?.writes ?? []), ...done, ...inner.flatMap(({ writes }) => [...writes])]);
}
