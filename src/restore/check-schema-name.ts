import { BackupError } from '../core/errors.ts';
import { quoteIdentifier } from '../postgres/quote.ts';

/**
 * What belongs to PostgreSQL is never restored into: a superuser could write there.
 *
 * @throws BackupError `E_USAGE`
 */
export function checkSchemaName(schema: string): void {
  quoteIdentifier(schema);
  if (!schema.startsWith('pg_') && schema !== 'information_schema') return;
  throw new BackupError('E_USAGE', `the schema ${schema} belongs to PostgreSQL itself`);
}
