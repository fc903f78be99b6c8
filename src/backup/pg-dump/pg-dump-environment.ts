import { BackupError } from '../../core/errors.ts';
import type { ConnectionTarget } from '../../postgres/connection-target.ts';

/** What of the environment a program needs to run at all. Nothing of libpq's: all of that is resolved already. */
const kept = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'LD_LIBRARY_PATH', 'TMPDIR'];

/**
 * The environment in which libpq connects as this program does. The password is in it, and so never in a command line
 * that others can see (law 10).
 *
 * @throws BackupError `E_SCHEMA_DUMP` for what cannot be told to libpq this way
 */
export function pgDumpEnvironment(
  { endpoints, user, database, connectTimeoutMs, options, channelBinding, tls }: ConnectionTarget,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  if (tls.keyPassword) {
    throw new BackupError('E_SCHEMA_DUMP', 'pg_dump cannot be given the password of an encrypted TLS key', {
      hint: 'Use a key without a password (sslkey), or back up without --schema pg_dump.',
    });
  }
  const password = endpoints.find((endpoint) => endpoint.password)?.password?.reveal();
  const addresses = endpoints.map(({ address }) => address ?? '');
  const settings: Readonly<Record<string, string | undefined>> = {
    PGHOST: endpoints.map(({ host }) => host).join(','),
    PGHOSTADDR: addresses.some((address) => address !== '') ? addresses.join(',') : undefined,
    PGPORT: endpoints.map(({ port }) => port).join(','),
    PGUSER: user,
    PGDATABASE: database,
    PGPASSWORD: password,
    PGAPPNAME: 'storydredge-backup: pg_dump',
    PGCONNECT_TIMEOUT: String(Math.ceil(connectTimeoutMs / 1000)),
    PGOPTIONS: options,
    PGCHANNELBINDING: channelBinding,
    PGGSSENCMODE: 'disable',
    PGSSLMODE: tls.mode,
    PGSSLNEGOTIATION: tls.negotiation === 'direct' ? 'direct' : undefined,
    PGSSLROOTCERT: tls.rootCertificates,
    PGSSLCERT: tls.certificate.path,
    PGSSLKEY: tls.key.path,
    PGSSLCRL: tls.revocationList.path,
    PGSSLMINPROTOCOLVERSION: tls.minVersion,
    PGSSLMAXPROTOCOLVERSION: tls.maxVersion,
  };
  const entries = [...kept.map((name) => [name, env[name]] as const), ...Object.entries(settings)];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
