import { join } from 'node:path';
import { BackupError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { oneOf } from './one-of.ts';
import type { ConnectionParameters, Environment } from './connection-parameters.ts';
import {
  tlsModes,
  tlsVersions,
  type OptionalFile,
  type TlsMode,
  type TlsSettings,
} from './connection-target.ts';
import { userFiles } from './user-files.ts';

/** TLS settings with libpq's defaults: `prefer`, and the files of `~/.postgresql` where they are. */
export function resolveTls(parameters: ConnectionParameters, env: Environment): TlsSettings {
  const { folder } = userFiles(env);
  const file = (given: string | undefined, name: string): OptionalFile => ({
    path: given ?? join(folder, name),
    required: given !== undefined,
  });
  const mode = resolveMode(parameters);
  const negotiation = oneOf('sslnegotiation', parameters.sslnegotiation ?? 'postgres', [
    'postgres',
    'direct',
  ]);
  if (negotiation === 'direct' && ['disable', 'allow', 'prefer'].includes(mode)) {
    throw new BackupError('E_USAGE', `sslnegotiation=direct cannot go with sslmode=${mode}`, {
      hint: 'Use sslmode=require or stronger.',
    });
  }
  const version = (keyword: string, text: string) => oneOf(keyword, text, tlsVersions);
  const { ssl_max_protocol_version: newest } = parameters;
  return {
    mode,
    negotiation,
    rootCertificates: parameters.sslrootcert ?? join(folder, 'root.crt'),
    certificate: file(parameters.sslcert, 'postgresql.crt'),
    key: file(parameters.sslkey, 'postgresql.key'),
    keyPassword: parameters.sslpassword ? new Secret(parameters.sslpassword) : undefined,
    revocationList: file(parameters.sslcrl, 'root.crl'),
    minVersion: version('ssl_min_protocol_version', parameters.ssl_min_protocol_version ?? 'TLSv1.2'),
    maxVersion: newest === undefined ? undefined : version('ssl_max_protocol_version', newest),
  };
}

function resolveMode({ sslmode, sslrootcert }: ConnectionParameters): TlsMode {
  // Anyone can get a certificate from some authority the system trusts: only the host name makes it mean something.
  const system = sslrootcert === 'system';
  const mode = oneOf('sslmode', sslmode ?? (system ? 'verify-full' : 'prefer'), tlsModes);
  if (system && mode !== 'verify-full') {
    throw new BackupError('E_USAGE', `sslmode=${mode} is too weak for sslrootcert=system`, {
      hint: 'Use sslmode=verify-full.',
    });
  }
  return mode;
}
