import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { checkServerIdentity, getCACertificates, type ConnectionOptions } from 'node:tls';
import { BackupError, messageOf } from '../core/errors.ts';
import type { Endpoint, OptionalFile, TlsSettings } from './connection-target.ts';
import { isOpenToOthers, readIfPresent } from './user-files.ts';

/**
 * Options of `tls.connect` that verify what libpq verifies in that mode: with root certificates, the chain;
 * with verify-full, the host name too; without root certificates, nothing. (node-postgres reads sslmode
 * differently, so it is never asked to.)
 *
 * @throws BackupError `E_DB_TLS` for a file that is missing, unreadable or open to others.
 */
export async function tlsOptions(settings: TlsSettings, endpoint: Endpoint): Promise<ConnectionOptions> {
  const roots = await rootCertificates(settings);
  const revocationList = await readOptional(settings.revocationList);
  return {
    rejectUnauthorized: roots !== undefined,
    checkServerIdentity: (_, certificate) =>
      settings.mode === 'verify-full' ? checkServerIdentity(endpoint.host, certificate) : undefined,
    minVersion: settings.minVersion,
    ...(settings.maxVersion ? { maxVersion: settings.maxVersion } : {}),
    ...(isIP(endpoint.host) === 0 ? { servername: endpoint.host } : {}),
    ...(roots ? { ca: roots } : {}),
    ...(roots && revocationList ? { crl: revocationList } : {}),
    ...(await clientCertificate(settings)),
  };
}

async function rootCertificates({ rootCertificates, mode }: TlsSettings): Promise<string[] | undefined> {
  if (rootCertificates === 'system') return getCACertificates('system');
  const text = await readIfPresent(rootCertificates);
  if (text !== undefined) return [text];
  if (mode !== 'verify-ca' && mode !== 'verify-full') return undefined;
  throw new BackupError('E_DB_TLS', `the root certificate file ${rootCertificates} does not exist`, {
    hint: `sslmode=${mode} needs it: name the file of the authority with sslrootcert (PGSSLROOTCERT), or use sslrootcert=system for the authorities that this machine trusts.`,
  });
}

async function clientCertificate(settings: TlsSettings): Promise<ConnectionOptions> {
  const cert = await readOptional(settings.certificate);
  if (cert === undefined) return {};
  const key = await readOptional({ ...settings.key, required: true });
  if (await isOpenToOthers(settings.key.path)) {
    throw new BackupError('E_DB_TLS', `others may read the private key ${settings.key.path}`, {
      hint: `Run chmod 0600 ${settings.key.path}`,
    });
  }
  const passphrase = settings.keyPassword?.reveal();
  return { cert, ...(key ? { key } : {}), ...(passphrase === undefined ? {} : { passphrase }) };
}

async function readOptional({ path, required }: OptionalFile): Promise<string | undefined> {
  if (!required) return readIfPresent(path);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new BackupError('E_DB_TLS', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
