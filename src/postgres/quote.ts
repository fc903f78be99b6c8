import { BackupError } from '../core/errors.ts';

/** PostgreSQL cuts longer names off without an error, and two names could become one. */
const maxIdentifierBytes = 63;

/**
 * A name as it is written in SQL, always in double quotes (law 8).
 *
 * @throws BackupError `E_USAGE` for what PostgreSQL cannot have as a name: empty, longer than 63 bytes, with a
 * NUL character or with half a surrogate pair.
 */
export function quoteIdentifier(name: string): string {
  checkText(name, 'a name');
  if (name === '') throw new BackupError('E_USAGE', 'a name of a database object is empty');
  const bytes = Buffer.byteLength(name);
  if (bytes > maxIdentifierBytes) {
    throw new BackupError('E_USAGE', `the name ${JSON.stringify(name)} has ${bytes} bytes`, {
      hint: `PostgreSQL's names have at most ${maxIdentifierBytes} bytes.`,
    });
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** `"schema"."name"` */
export function quoteQualified(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/**
 * A string constant that means the same whatever `standard_conforming_strings` says (law 8).
 *
 * @throws BackupError `E_USAGE` for text with a NUL character or with half a surrogate pair.
 */
export function quoteLiteral(text: string): string {
  checkText(text, 'a text');
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return quoted.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

function checkText(text: string, what: string): void {
  if (text.includes('\0')) throw new BackupError('E_USAGE', `${what} for PostgreSQL holds a NUL character`);
  // UTF-8 would turn a lone surrogate into U+FFFD: another name than the one meant.
  if (!text.isWellFormed()) {
    throw new BackupError('E_USAGE', `${what} for PostgreSQL holds half a surrogate pair`);
  }
}
