import type { AlterationName } from './alterations.ts';
import type { ChangeName } from './changes.ts';
import { kinds, type KindName } from './kinds.ts';
import type { WriterWeights } from './writers.ts';

/** What a history is made of: how much of what. */
export interface Profile {
  /** Kinds of tables to choose from, and how many are chosen. */
  readonly kinds: readonly KindName[];
  readonly tables: number;
  /** Of the rows that a kind begins with. */
  readonly rowsFactor: number;
  readonly runs: number;
  /** Statements of the writers before each run, at most. */
  readonly statements: number;
  /** Alterations after these, at most, and statements after those. */
  readonly alterations: number;
  readonly statementsAfter: number;
  readonly writers: WriterWeights;
  readonly alterationWeights: Readonly<Record<AlterationName, number>>;
  /** How runs end: by themselves, or killed, or with a connection cut off. */
  readonly stops: Readonly<Record<StopName, number>>;
  /** Share of runs with `--full`. */
  readonly full: number;
  /** Share of runs that a compaction follows. */
  readonly compact: number;
  readonly chunkSizes: readonly number[];
  /** All runs have the same settings, nobody touches their checkpoint, and as much happens before each. */
  readonly steady: boolean;
}

export type StopName = 'none' | 'killAtLine' | 'killAtCopy' | 'cutAtCopy';

export const noChanges: Readonly<Record<ChangeName, number>> = {
  insert: 0,
  insertMany: 0,
  update: 0,
  updateMany: 0,
  delete: 0,
  deleteMany: 0,
  changeKey: 0,
  reinsert: 0,
  moveRow: 0,
  lockRows: 0,
  setSequence: 0,
};

export const noAlterations: Readonly<Record<AlterationName, number>> = {
  vacuum: 0,
  freeze: 0,
  vacuumFull: 0,
  truncate: 0,
  reindex: 0,
  cluster: 0,
  addColumn: 0,
  dropColumn: 0,
  alterType: 0,
  collation: 0,
  expression: 0,
  renameLabel: 0,
  addLabel: 0,
  prepareNext: 0,
  swap: 0,
  attach: 0,
  createTable: 0,
  dropTable: 0,
};

/** A bit of everything. */
export const everything: Profile = {
  kinds: Object.keys(kinds) as KindName[],
  tables: 5,
  rowsFactor: 1,
  runs: 6,
  statements: 40,
  alterations: 4,
  statementsAfter: 15,
  writers: {
    changes: {
      insert: 6,
      insertMany: 0.7,
      update: 7,
      updateMany: 0.7,
      delete: 2,
      deleteMany: 0.3,
      changeKey: 1.5,
      reinsert: 1.5,
      moveRow: 0.7,
      lockRows: 1,
      setSequence: 0.5,
    },
    steps: { change: 12, savepoint: 3, release: 1.5, rollBackTo: 1.5, createTable: 0.1 },
    ends: { commit: 7, rollBack: 1.5, prepare: 1 },
    long: 0.3,
  },
  alterationWeights: {
    vacuum: 2,
    freeze: 2,
    vacuumFull: 1,
    truncate: 0.3,
    reindex: 0.3,
    cluster: 1,
    addColumn: 1.5,
    dropColumn: 1,
    alterType: 0.7,
    collation: 1,
    expression: 1,
    renameLabel: 0.5,
    addLabel: 0.3,
    prepareNext: 2,
    swap: 4,
    attach: 4,
    createTable: 0.4,
    dropTable: 0.5,
  },
  stops: { none: 6, killAtLine: 2, killAtCopy: 2, cutAtCopy: 0.5 },
  full: 0.1,
  compact: 0.15,
  chunkSizes: [12, 30, 60],
  steady: false,
};

/** For `npm test`. */
export const shorter: Profile = { ...everything, runs: 4 };
