import { BackupError, toBackupError } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import type { TableDefinition } from '../../format/manifest.ts';
import { checkReadable } from '../../postgres/check-readable.ts';
import { findTables } from '../../postgres/find-tables.ts';
import { quoteQualified } from '../../postgres/quote.ts';
import { readTableDefinition } from '../../postgres/read-table-definition.ts';
import type { Session } from '../../postgres/session.ts';
import { pass, skipped, warning, type Check } from './check.ts';
import type { DoctorInput } from './doctor-input.ts';

/** One check for each thing a table needs, over all tables: every table that fails is named, with its remedy. */
export async function checkTables(session: Session, input: DoctorInput): Promise<Check[]> {
  const names = new Map<string, number>();
  const uncovered = new Set<string>();
  const missing: BackupError[] = [];
  for (const pattern of input.tables) {
    try {
      const found = await findTables(session, [pattern]);
      for (const { schema, name, oid } of found.tables) names.set(`${schema}.${name}`, oid);
      for (const { schema, name, reason } of found.uncovered) uncovered.add(`${schema}.${name} (${reason})`);
    } catch (error) {
      input.signal.throwIfAborted();
      missing.push(toBackupError(error));
    }
  }
  const failures: BackupError[] = [];
  for (const oid of names.values()) failures.push(...(await failuresOf(session, oid, input.signal)));
  const none = names.size === 0;
  const about = (name: string, code: ErrorCode, good: string): Check =>
    none ? skipped(name, 'no table was found') : together(name, ofCode(failures, code), good);
  const others = failures.filter(({ code }) => !known.includes(code));
  return [
    tablesCheck([...names.keys()], [...uncovered], [...missing, ...others]),
    about('privileges', 'E_TABLE_PRIVILEGE', 'SELECT on all of them'),
    about('row security', 'E_TABLE_ROW_SECURITY', 'hides no row from this role'),
    about('primary keys', 'E_TABLE_NO_KEY', 'where one is needed'),
  ];
}

const known: readonly ErrorCode[] = ['E_TABLE_PRIVILEGE', 'E_TABLE_ROW_SECURITY', 'E_TABLE_NO_KEY'];

async function failuresOf(session: Session, oid: number, signal: AbortSignal): Promise<BackupError[]> {
  const failures: BackupError[] = [];
  const note = (error: unknown): undefined => {
    signal.throwIfAborted();
    failures.push(toBackupError(error));
  };
  const definition = await readTableDefinition(session, oid).catch(note);
  if (!definition) return failures;
  await checkReadable(session, definition).catch(note);
  if (definition.key.length === 0 && definition.relations.length !== 1) failures.push(noKey(definition));
  return failures;
}

function noKey({ schema, name }: TableDefinition): BackupError {
  return new BackupError('E_TABLE_NO_KEY', `the partitioned table ${schema}.${name} has no primary key`, {
    hint: `ALTER TABLE ${quoteQualified(schema, name)} ADD PRIMARY KEY (…); or leave the table out with --table.`,
  });
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
