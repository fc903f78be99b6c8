import { BackupError } from '../core/errors.ts';

const oldestVersion = 140_000;

/**
 * @param version `server_version_num`: 170010
 * @throws BackupError `E_DB_VERSION` for a server older than PostgreSQL 14.
 */
export function requireSupportedVersion(version: number): void {
  if (version >= oldestVersion) return;
  const major = Math.floor(version / 10_000);
  // Before version 10, two numbers made the major version.
  const name = major >= 10 ? `${major}` : `${major}.${Math.floor(version / 100) % 100}`;
  throw new BackupError('E_DB_VERSION', `the server is PostgreSQL ${name}; version 14 or newer is needed`);
}
