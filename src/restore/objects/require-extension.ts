import { BackupError } from '../../core/errors.ts';
import type { ExtensionDefinition } from '../../format/manifest.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import type { Session } from '../../postgres/session.ts';

/**
 * Makes sure that the server has an extension and trusts it. Others can do anything to a server: which of them are let
 * in is not for a file in a store to say (law 8).
 *
 * @throws BackupError `E_TARGET_EXTENSION`
 */
export async function requireExtension(
  session: Session,
  { name, schema, version }: ExtensionDefinition,
): Promise<void> {
  const [row] = await session.query<{ trusted: string }>(
    `SELECT v.trusted FROM pg_catalog.pg_available_extensions AS x
       JOIN pg_catalog.pg_available_extension_versions AS v ON v.name = x.name AND v.version = x.default_version
      WHERE x.name = $1::text`,
    [name],
    'looking for an extension',
  );
  if (row?.trusted === 't') return;
  const create = `CREATE EXTENSION ${quoteIdentifier(name)} SCHEMA ${quoteIdentifier(schema)};`;
  const problem = row ? 'does not trust it' : 'does not have it';
  throw new BackupError(
    'E_TARGET_EXTENSION',
    `the tables need the extension ${name} (${version} in the source), and the target's server ${problem}`,
    {
      hint: row
        ? `As a superuser who knows what it does, run in the target: ${create}`
        : `Install the package that has it on the target's server, then run: ${create}`,
    },
  );
}
