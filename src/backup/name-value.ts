import { BackupError, messageOf } from '../core/errors.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import type { Session } from '../postgres/session.ts';
import type { ReadRowsJob } from './read-job.ts';

const newline = 0x0a;
/** SQLSTATEs of a character that UTF-8 lacks, and of bytes that are no character in the database's encoding. */
const untranslatable = ['22P05', '22021'];

/** Whether a value was met that cannot be sent as UTF-8. */
export function isUntranslatable(error: unknown): error is BackupError {
  if (!(error instanceof BackupError)) return false;
  const { cause } = error;
  return (
    typeof cause === 'object' &&
    cause !== null &&
    'code' in cause &&
    untranslatable.includes(String(cause.code))
  );
}

/**
 * The error of a read that met such a value, with the row and the column that hold it: the server names neither.
 *
 * @param session sees the snapshot in which the read failed
 */
export async function nameValue(
  session: Session,
  job: ReadRowsJob,
  error: BackupError,
): Promise<BackupError> {
  const place = await findPlace(session, job).catch(
    (reason: unknown) => `could not be found: ${messageOf(reason)}`,
  );
  return new BackupError(error.code, `${error.message}; the value ${place}`, {
    cause: error,
    hint: "Correct the value in the source: no client can read it as UTF-8. With client_encoding set to the database's own encoding, psql shows it.",
  });
}

/** Rows are sent in the order of the query: those that came before the failure tell which one it was. */
async function findPlace(session: Session, job: ReadRowsJob): Promise<string> {
  let rows = 0;
  await attempt(session, () =>
    session.copyRows(job.sql, (piece) => {
      for (const byte of piece) if (byte === newline) rows += 1;
      return undefined;
    }),
  );
  const query = job.sql.replace(/^COPY \(/, '').replace(/\) TO STDOUT$/, '');
  const row = `(SELECT * FROM (${query}) AS q OFFSET ${rows} LIMIT 1) AS r`;
  const found: string[] = [];
  const key: string[] = [];
  for (const [position, { name }] of job.columns.entries()) {
    const sql = `SELECT r.${quoteIdentifier(name)}::text AS value FROM ${row}`;
    const value = await attempt(
      session,
      async () => (await session.query<{ value: string | null }>(sql))[0]?.value,
    );
    if (isUntranslatable(value)) found.push(name);
    else if (job.key.includes(position)) key.push(`${name} = ${String(value)}`);
  }
  const place = key.length > 0 ? `the row with ${key.join(', ')}` : `row ${rows + 1} of ${query}`;
  return `is in column ${found.join(', ')} of ${place}`;
}

/** What `work` gives, or the error it fails with; the transaction goes on in either case. */
async function attempt<T>(session: Session, work: () => Promise<T>): Promise<unknown> {
  await session.query('SAVEPOINT attempt');
  try {
    return await work();
  } catch (error) {
    await session.query('ROLLBACK TO SAVEPOINT attempt');
    return error;
  }
}
