import { toBackupError, type BackupError } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { checkPrivileges, checkReadable } from '../../postgres/check-readable.ts';
import { findTables } from '../../postgres/find-tables.ts';
import type { Relation } from '../../postgres/list-relations.ts';
import type { Session } from '../../postgres/session.ts';
import { pass, skipped, warning, type Check } from './check.ts';
import type { DoctorInput } from './doctor-input.ts';

/** One check for each thing a table needs, over all tables: every table that fails is named, with its remedy. */
export async function checkTables(session: Session, input: DoctorInput): Promise<Check[]> {
  const relations = new Map<string, Relation>();
  const uncovered = new Set<string>();
  const missing: BackupError[] = [];
  for (const pattern of input.tables) {
    try {
      const found = await findTables(session, [pattern]);
      for (const relation of [...found.partitionedTables, ...found.tables])
        relations.set(`${relation.schema}.${relation.name}`, relation);
      for (const { schema, name, reason } of found.uncovered) uncovered.add(`${schema}.${name} (${reason})`);
    } catch (error) {
      input.signal.throwIfAborted();
      missing.push(toBackupError(error));
    }
  }
  const failures: BackupError[] = [];
  for (const relation of relations.values())
    failures.push(...(await failuresOf(session, relation, input.signal)));
  const none = relations.size === 0;
  const about = (name: string, code: ErrorCode, good: string): Check =>
    none ? skipped(name, 'no table was found') : together(name, ofCode(failures, code), good);
  const others = failures.filter(({ code }) => !known.includes(code));
  return [
    tablesCheck([...relations.keys()], [...uncovered], [...missing, ...others]),
    about('privileges', 'E_TABLE_PRIVILEGE', 'SELECT on all of them'),
    about('row security', 'E_TABLE_ROW_SECURITY', 'hides no row from this role'),
  ];
}

const known: readonly ErrorCode[] = ['E_TABLE_PRIVILEGE', 'E_TABLE_ROW_SECURITY'];

async function failuresOf(session: Session, relation: Relation, signal: AbortSignal): Promise<BackupError[]> {
  const check = relation.kind === 'table' ? checkReadable : checkPrivileges;
  try {
    await check(session, relation);
    return [];
  } catch (error) {
    signal.throwIfAborted();
    return [toBackupError(error)];
  }
}

function ofCode(failures: readonly BackupError[], wanted: ErrorCode): BackupError[] {
  return failures.filter(({ code }) => code === wanted);
}

/** All failures of one kind as one check. */
function together(name: string, failures: readonly BackupError[], good: string): Check {
  if (failures.length === 0) return pass(name, good);
  const codes = [...new Set(failures.map(({ code }) => code))].join(', ');
  return {
    name,
    status: 'fail',
    detail: `${failures.map(({ message }) => message).join('; ')} (${codes})`,
    remedy: [...new Set(failures.map(({ hint }) => hint))].join(' '),
  };
}

function tablesCheck(
  names: readonly string[],
  uncovered: readonly string[],
  failures: readonly BackupError[],
): Check {
  if (failures.length > 0) return together('tables', failures, '');
  const found = names.length === 0 ? 'none found' : someOf(names);
  if (uncovered.length === 0 && names.length > 0) return pass('tables', found);
  const left = uncovered.length === 0 ? '' : `; not backed up: ${someOf(uncovered)}`;
  return warning('tables', found + left, 'Name what is to be backed up with --table.');
}

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${names.length}: ${shown}, …` : shown;
}
