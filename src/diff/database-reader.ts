import { digestRows } from '../chunk/digest-rows.ts';
import { BackupError } from '../core/errors.ts';
import { addDigests } from '../format/digest.ts';
import type { TableDefinition } from '../format/manifest.ts';
import { checkReadable } from '../postgres/check-readable.ts';
import { connect } from '../postgres/connect.ts';
import type { ConnectionTarget } from '../postgres/connection-target.ts';
import { listRelations, type Relation } from '../postgres/list-relations.ts';
import { readSource } from '../postgres/read-source.ts';
import { readTableDefinition } from '../postgres/read-table-definition.ts';
import type { Session } from '../postgres/session.ts';
import { adoptSnapshot, openSnapshot, type Snapshot } from '../postgres/snapshot.ts';
import { wholeRows } from './whole-rows.ts';

export interface CopyDigest {
  readonly rows: number;
  readonly bytes: number;
  readonly digest: string;
}

/** Reads a database as of one snapshot, over several connections where others may adopt it. */
export class DatabaseReader {
  readonly session: Session;
  readonly takenAt: string;
  /** How many reads go on at once. */
  readonly atOnce: number;
  readonly database: string;
  readonly collation: string;
  readonly #target: ConnectionTarget;
  readonly #signal: AbortSignal;
  readonly #snapshot: Snapshot;
  readonly #relations: readonly Relation[];
  readonly #opened: Session[] = [];
  readonly #idle: Session[] = [];
  readonly #waiting: PromiseWithResolvers<Session>[] = [];
  #failed = false;

  private constructor(
    session: Session,
    snapshot: Snapshot,
    source: { readonly database: string; readonly collation: string },
    relations: readonly Relation[],
    input: {
      readonly target: ConnectionTarget;
      readonly maxWorkers: number;
      readonly signal: AbortSignal;
    },
  ) {
    this.session = session;
    this.takenAt = snapshot.facts.takenAt;
    this.atOnce = snapshot.adoptable ? input.maxWorkers : 1;
    this.database = source.database;
    this.collation = source.collation;
    this.#target = input.target;
    this.#signal = input.signal;
    this.#snapshot = snapshot;
    this.#relations = relations;
  }

  static async open(
    target: ConnectionTarget,
    maxWorkers: number,
    signal: AbortSignal,
  ): Promise<DatabaseReader> {
    const session = await connect(target, { purpose: 'diff', signal });
    try {
      const snapshot = await openSnapshot(session);
      const relations = await listRelations(session);
      const source = await readSource(session);
      return new DatabaseReader(session, snapshot, source, relations, { target, maxWorkers, signal });
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /**
   * The table as the snapshot has it; undefined where there is none.
   * @throws BackupError `E_TABLE_PRIVILEGE`, `E_TABLE_ROW_SECURITY`
   */
  async define(schema: string, name: string): Promise<TableDefinition | undefined> {
    const relation = this.#relations.find((one) => one.schema === schema && one.name === name);
    if (relation?.kind !== 'table' && relation?.kind !== 'partitioned table') return undefined;
    const definition = await readTableDefinition(this.session, relation.oid);
    await checkReadable(this.session, definition);
    return definition;
  }

  /** What a `COPY … TO STDOUT` sends, in pieces of whole rows. */
  async *read(sql: string): AsyncGenerator<Uint8Array, void, undefined> {
    const session = await this.#acquire();
    let finished = false;
    try {
      yield* wholeRows(session.copyOut(sql, 'reading rows to compare'));
      finished = true;
    } finally {
      if (finished) this.#release(session);
      else this.#fail();
    }
  }

  async digest(sql: string): Promise<CopyDigest> {
    let found: CopyDigest = { rows: 0, bytes: 0, digest: addDigests() };
    for await (const piece of this.read(sql)) {
      const { rows, digest } = digestRows(piece);
      found = {
        rows: found.rows + rows,
        bytes: found.bytes + piece.length,
        digest: addDigests(found.digest, digest),
      };
    }
    return found;
  }

  async close(): Promise<void> {
    await Promise.all([this.session, ...this.#opened].map((session) => session.close()));
  }

  async #acquire(): Promise<Session> {
    if (this.#failed) throw stopped();
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#opened.length < this.atOnce) return this.#open();
    const turn = Promise.withResolvers<Session>();
    this.#waiting.push(turn);
    return turn.promise;
  }

  async #open(): Promise<Session> {
    if (!this.#snapshot.adoptable) {
      this.#opened.push(this.session);
      return this.session;
    }
    const session = await connect(this.#target, { purpose: 'diff', signal: this.#signal });
    this.#opened.push(session);
    await adoptSnapshot(session, this.#snapshot.id);
    return session;
  }

  #release(session: Session): void {
    const next = this.#waiting.shift();
    if (next) next.resolve(session);
    else this.#idle.push(session);
  }

  /** Reading broke, or nobody wants the rest: what waits for a session would wait for ever. */
  #fail(): void {
    this.#failed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(stopped());
  }
}

function stopped(): BackupError {
  return new BackupError('E_DB_CONNECTION', 'reading the database was stopped');
}
