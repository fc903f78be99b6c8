import { existsSync } from 'node:fs';
import { describeEndpoint, isUnixSocket, type ConnectionTarget } from '../../postgres/connection-target.ts';
import type { Session } from '../../postgres/session.ts';
import { pass, warning, type Check } from './check.ts';

const name = 'TLS';
const remedy =
  'Use sslmode=verify-full with sslrootcert=FILE (the authority of the server), or sslrootcert=system.';

/** Whether the connection that stands is encrypted, and how far the server's certificate was verified. */
export async function checkTls(session: Session, target: ConnectionTarget): Promise<Check> {
  const [row] = await session.query<{ ssl: string; version: string | null; cipher: string | null }>(
    'SELECT ssl, version, cipher FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()',
    [],
    'looking at TLS',
  );
  const mode = `sslmode=${target.tls.mode}`;
  if (row?.ssl !== 't') {
    const remote = target.endpoints.filter((endpoint) => !isLocal(endpoint.host));
    if (remote.length === 0) return pass(name, `not used (${mode}); the server is on this machine`);
    const places = remote.map(describeEndpoint).join(', ');
    return warning(name, `not used (${mode}): rows travel unencrypted from ${places}`, remedy);
  }
  const used = `${row.version ?? 'in use'} ${row.cipher ?? ''}`.trim();
  const verified = verification(target);
  if (verified !== undefined) return pass(name, `${used}; ${verified} verified (${mode})`);
  return warning(name, `${used}, but the server's certificate was not verified (${mode})`, remedy);
}

/** What the connection would not stand without; undefined where any certificate is taken. */
function verification({ tls }: ConnectionTarget): string | undefined {
  if (tls.mode === 'verify-full') return 'certificate and host name';
  const hasRoots = tls.rootCertificates === 'system' || existsSync(tls.rootCertificates);
  return tls.mode === 'verify-ca' || hasRoots ? 'certificate, not the host name,' : undefined;
}

function isLocal(host: string): boolean {
  return isUnixSocket({ host, address: undefined, port: 0, password: undefined }) || loopback.test(host);
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;
