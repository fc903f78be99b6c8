import {
  cpSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle } from '../../tools/bundle.ts';
import { everything, noAlterations, noChanges, type Profile } from './profile.ts';

/** A fault in the program that loses rows or changes, and the histories that bring it to light. */
export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly profile: Profile;
  /** The first seed to try. */
  readonly seed?: number;
}

interface Edit {
  /** Below `src/`. */
  readonly file: string;
  /** Must be there exactly once: whoever changes that code is told to look here. */
  readonly from: string;
  readonly to: string;
}

/** One table of two or three ranges, nothing disturbed, and few changes a run, so that patches are made. */
const quiet: Profile = {
  ...everything,
  kinds: ['serial'],
  tables: 1,
  rowsFactor: 0.4,
  runs: 3,
  statements: 20,
  alterations: 0,
  statementsAfter: 7,
  stops: { none: 1, killAtLine: 0, killAtCopy: 0, cutAtCopy: 0 },
  full: 0,
  compact: 0,
  chunkSizes: [60],
  steady: true,
};

/** Updates in savepoints of transactions that are open at one snapshot and committed at the next. */
const lateUpdates: Profile = {
  ...quiet,
  rowsFactor: 2,
  chunkSizes: [100],
  statements: 20,
  writers: {
    changes: { ...noChanges, update: 1 },
    steps: { change: 2, savepoint: 1, release: 0.2, rollBackTo: 0, createTable: 0 },
    ends: { commit: 1, rollBack: 0, prepare: 0 },
    long: 0.7,
  },
};

const updates: Profile = {
  ...quiet,
  runs: 2,
  writers: { ...lateUpdates.writers, long: 0, changes: { ...noChanges, update: 1, lockRows: 0.2 } },
};

/** Copies made before one run that take their table's place before another. */
const swaps: Profile = {
  ...updates,
  kinds: ['composite'],
  rowsFactor: 1,
  statements: 4,
  alterations: 1,
  statementsAfter: 36,
  alterationWeights: { ...noAlterations, prepareNext: 1, swap: 1 },
};

const visibleInSnapshot =
  "NOT pg_catalog.pg_visible_in_snapshot(s.x::text::pg_catalog.xid8, '${globalThis.previousSnapshot ?? '1:1:'}')";
const sameVersions = 'scan.rows === known.rows && scan.versionDigest === known.versionDigest';

export const mutants: readonly Mutant[] = [
  {
    name: 'a bare watermark: what lies below the last known key is taken as unchanged',
    edits: [{ file: 'ranges/decide.ts', from: sameVersions, to: 'true' }],
    profile: updates,
  },
  {
    name: 'no version digest: unchanged by row count and key digest alone',
    edits: [
      {
        file: 'ranges/decide.ts',
        from: sameVersions,
        to: 'scan.rows === known.rows && scan.keyDigest === known.keyDigest',
      },
    ],
    profile: updates,
  },
  {
    name: 'changed rows by pg_visible_in_snapshot of the last snapshot rather than its xmin',
    edits: [
      {
        file: 'backup/plan-run.ts',
        from: 'const tables: TablePlan[] = [];',
        to: 'globalThis.previousSnapshot = found.lineage.manifest?.snapshot.text;\n  const tables: TablePlan[] = [];',
      },
      { file: 'ranges/changed-rows.ts', from: 's.x >= r.as_of', to: visibleInSnapshot },
    ],
    profile: lateUpdates,
  },
  {
    name: 'changed rows by the xmax of the last snapshot rather than its xmin',
    edits: [{ file: 'backup/ship-context.ts', from: 'snapshot.facts.xmin', to: 'snapshot.facts.xmax' }],
    profile: lateUpdates,
  },
  {
    name: 'patches without a look at the relations: a table is told by its name alone',
    edits: [
      { file: 'backup/find-kept.ts', from: 'byOid.get(oid)', to: 'undefined' },
      {
        file: 'backup/structure.ts',
        from: 'return a.oid === b.oid && a.relations.join() === b.relations.join()',
        to: 'return true',
      },
    ],
    profile: swaps,
    seed: 2,
  },
  {
    name: 'deleted rows stay',
    edits: [
      {
        file: 'ranges/decide.ts',
        from: "return { kind: 'base', reason: 'rows were deleted' }",
        to: "return { kind: 'reuse', reason: 'rows were deleted' }",
      },
    ],
    profile: { ...updates, writers: { ...updates.writers, changes: { ...noChanges, delete: 1 } } },
  },
  {
    name: 'an older patch overrides a newer one',
    edits: [{ file: 'chunk/merge-rows.ts', from: 'of patches)', to: 'of [...patches].reverse())' }],
    profile: { ...updates, rowsFactor: 2, chunkSizes: [40], statements: 24 },
  },
  {
    name: 'new labels of an enum are not noticed',
    edits: [
      {
        file: 'backup/structure.ts',
        from: 'return kept.typeForms.every((form) => found.has(form))',
        to: 'return true',
      },
    ],
    profile: {
      ...updates,
      kinds: ['typed'],
      alterations: 1,
      alterationWeights: { ...noAlterations, renameLabel: 1 },
    },
  },
];

/**
 * The built program with a fault in it, in a folder of its own, which the caller removes.
 *
 * @throws Error where the code to be replaced is not there once
 */
export async function buildMutant({
  name,
  edits,
}: Mutant): Promise<{ readonly folder: string; readonly binary: URL }> {
  const project = fileURLToPath(new URL('../..', import.meta.url));
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'sdb-mutant-'));
  copyFileSync(join(project, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
  cpSync(join(project, 'src'), join(folder, 'src'), { recursive: true });
  for (const { file, from, to } of edits) {
    const path = join(folder, 'src', file);
    const parts = readFileSync(path, 'utf8').split(from);
    if (parts.length !== 2) {
      throw new Error(
        `the mutant "${name}" needs ${JSON.stringify(from)} once in ${file}, not ${parts.length - 1} times`,
      );
    }
    writeFileSync(path, parts.join(to));
  }
  await bundle(join(folder, 'src'), join(folder, 'dist'));
  return { folder, binary: pathToFileURL(join(folder, 'dist/bin/storydredge-backup.js')) };
}
