import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';

/** Where the packages of Debian and Ubuntu put PostgreSQL 15. */
const folder = '/usr/lib/postgresql/15/bin';

/** Programs that embedded servers do not bring. */
type ServerProgram = 'pg_resetwal' | 'pg_dump' | 'psql';

export function serverProgram(name: ServerProgram): string {
  return join(folder, name);
}

/**
 * A test that needs a program of PostgreSQL 15. On a machine without it the test is skipped; on CI, which installs it, the
 * test runs and fails: it cannot be skipped in silence.
 */
export function testWith(name: ServerProgram): ReturnType<typeof test.runIf> {
  return test.runIf(process.env['CI'] !== undefined || existsSync(serverProgram(name)));
}
