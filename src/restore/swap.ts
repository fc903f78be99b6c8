import { BackupError } from '../core/errors.ts';
import { passFaultPoint } from '../core/fault-points.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import type { Session } from '../postgres/session.ts';
import { commitTransaction } from '../postgres/target-commit.ts';
import { printsNames } from '../postgres/name-forms.ts';
import { digestCopy } from '../postgres/digest-copy.ts';
import { readTypeForms } from '../postgres/read-type-forms.ts';
import { readTargetRelation, relationSql } from '../postgres/target-relations.ts';
import { decideAction } from './decide-action.ts';
import { fillTables } from './fill-tables.ts';
import {
  addForeignKeys,
  resumeForeignKeys,
  suspendForeignKeys,
  type UnprovedForeignKey,
} from './foreign-keys.ts';
import { joinFamilies } from './join-families.ts';
import { moveTables } from './move-tables.ts';
import { refuseParts, refuseRows } from './plan-restore.ts';
import { copySql } from './read-back.ts';
import { commentOnObjects } from './objects/comment.ts';
import { addUnprovedConstraints } from './objects/create-objects.ts';
import { handOver } from './objects/hand-over.ts';
import type { RestoreInput } from './restore-input.ts';
import { displayName, holdsOwnRows, type RestorePlan, type TablePlan } from './restore-plan.ts';
import { raiseUsedSequences } from './set-sequences.ts';
import { schemasOf, staged, type Staging } from './staging.ts';
import { openTarget } from './target.ts';

/**
 * Puts what the staging holds in its place, in one transaction: others see the target as it was, or all of the restore
 * point (law 2). The staging goes with it.
 *
 * @returns the foreign keys that do not hold without rows that were left out
 */
export async function swap(
  session: Session,
  plan: RestorePlan,
  staging: Staging,
  input: RestoreInput,
): Promise<UnprovedForeignKey[]> {
  const { tables } = plan;
  const moved = tables.filter(({ action }) => action !== 'fill');
  const filled = tables.filter(({ action }) => action === 'fill');
  await session.query('BEGIN');
  await lockTables(session, tables);
  await checkUnchanged(session, tables, input.settings.clean);

  const suspended = await suspendForeignKeys(session, tables);
  await dropTables(session, tables);
  for (const { name } of plan.objects.schemas) {
    await session.query(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(name)}`, [], 'creating a schema');
  }
  await moveTables(session, moved, staging);
  if (tables.some(({ action }) => action === 'replace')) await proveNames(session, moved);
  await fillTables(session, filled, staging);
  await joinFamilies(session, tables);
  for (const table of tables) await raiseUsedSequences(session, table);
  // What waits for the end of the transaction stands in the way of further changes to the tables.
  await session.query('SET CONSTRAINTS ALL IMMEDIATE', [], 'checking deferred constraints');
  // Of a part, rows may refer to rows that are outside of it.
  const whole = tables.filter(({ part }) => !part);
  const isLossy = tables.some(({ lost }) => lost);
  const unproved = await addForeignKeys(session, moved, whole, isLossy, input.reporter);
  unproved.push(...(await resumeForeignKeys(session, suspended, isLossy)));
  await addUnprovedConstraints(session, plan.objects, input.reporter);
  await commentOnObjects(session, plan);
  await handOver(session, plan, input.reporter);

  await dropEmptied(session, filled, staging);
  input.signal.throwIfAborted();
  passFaultPoint('restore.swapped');
  await commitTransaction(session, () => openTarget(input.target, 'commit'));
  return unproved;
}

/** In the order of their names, as every restore does: two restores wait for one another rather than deadlock. */
async function lockTables(session: Session, tables: readonly TablePlan[]): Promise<void> {
  const names = tables.filter(({ existing }) => existing).map(({ target }) => relationSql(target));
  if (names.length === 0) return;
  await session.query(
    `LOCK TABLE ${names.sort().join(', ')} IN ACCESS EXCLUSIVE MODE`,
    [],
    'locking the tables to restore',
  );
}

/** What the plan saw must still hold, now that nobody can change it any more. */
async function checkUnchanged(session: Session, tables: readonly TablePlan[], clean: boolean): Promise<void> {
  const now = [];
  for (const { source, target, action, existing, part } of tables) {
    const found = await readTargetRelation(session, target.schema, target.name);
    const parent = target.partitionOf ?? undefined;
    const decision = await decideAction(session, { source, place: target }, parent, found, clean);
    const isSame = decision.action === action || (action === 'replace' && decision.action === 'fill');
    if (!isSame || decision.existing?.oid !== existing?.oid) {
      const name = displayName(target);
      throw new BackupError('E_TARGET_DIFFERENT', `the target's table ${name} changed during the restore`, {
        hint: 'Nothing was changed. Run the restore again.',
      });
    }
    now.push({ place: target, source, ...(part ? { part } : {}), ...decision });
  }
  refuseParts(now);
  refuseRows(now, clean);
}

async function dropTables(session: Session, tables: readonly TablePlan[]): Promise<void> {
  const names = tables.filter(({ action }) => action === 'replace').map(({ target }) => relationSql(target));
  if (names.length === 0) return;
  await session.query(`DROP TABLE ${names.join(', ')} RESTRICT`, [], 'dropping the tables to replace');
}

/**
 * Values that print names hold OIDs: those of a table that was replaced were read while it was there, and now name
 * nothing. Such tables are read once more (law 1).
 *
 * @throws BackupError `E_RESTORE_MISMATCH`
 */
async function proveNames(session: Session, moved: readonly TablePlan[]): Promise<void> {
  for (const table of moved) {
    const found = await readTargetRelation(session, table.target.schema, table.target.name);
    if (!found || !printsNames(await readTypeForms(session, found.oid))) continue;
    const name = displayName(table.target);
    const sql = copySql(table, `ONLY ${relationSql(table.target)}`);
    const { digest, rows } = await digestCopy(session, sql, `reading ${name} back`);
    if (digest === table.source.digest && rows === table.source.rows) continue;
    throw new BackupError('E_RESTORE_MISMATCH', `values of ${name} name what this restore replaces`, {
      hint: 'Restore the tables that it names first, with a restore of their own.',
    });
  }
}

/** Without CASCADE: what is in there beside what this restore made is not its own. */
async function dropEmptied(session: Session, filled: readonly TablePlan[], staging: Staging): Promise<void> {
  const [own = '', ...others] = schemasOf(staging).map(quoteIdentifier);
  const tables = [
    `${own}.loaded_ranges`,
    `${own}.created_objects`,
    ...filled.filter(holdsOwnRows).map(({ target }) => relationSql(staged(staging, target))),
  ];
  await session.query(`DROP TABLE ${tables.join(', ')}`, [], 'dropping the staging');
  await session.query(`DROP SCHEMA ${[own, ...others].join(', ')}`, [], 'dropping the staging');
}
