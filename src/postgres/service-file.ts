import { join } from 'node:path';
import { BackupError } from '../core/errors.ts';
import { collectParameters } from './collect-parameters.ts';
import type { ConnectionParameters, Environment } from './connection-parameters.ts';
import { readIfPresent, userFiles } from './user-files.ts';

/**
 * The parameters of a service: a section of `PGSERVICEFILE` or `~/.pg_service.conf`, or else of
 * `pg_service.conf` in `PGSYSCONFDIR`.
 *
 * @throws BackupError `E_USAGE` where no file has the service, or the file is malformed.
 */
export async function readService(service: string, env: Environment): Promise<ConnectionParameters> {
  const files = [env['PGSERVICEFILE'] || userFiles(env).serviceFile];
  if (env['PGSYSCONFDIR']) files.push(join(env['PGSYSCONFDIR'], 'pg_service.conf'));
  for (const file of files) {
    const section = sectionOf((await readIfPresent(file)) ?? '', service, file);
    if (section) return collectParameters(section, file);
  }
  throw new BackupError('E_USAGE', `the service ${JSON.stringify(service)} is in no service file`, {
    hint: `Looked into ${files.join(' and ')}. Correct PGSERVICE, or set PGSERVICEFILE.`,
  });
}

function sectionOf(text: string, service: string, file: string): [string, string][] | undefined {
  let section: [string, string][] | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      if (section) return section;
      if (line === `[${service}]`) section = [];
    } else if (section) {
      const equals = line.indexOf('=');
      if (equals < 1 || line.startsWith('service=')) {
        throw new BackupError('E_USAGE', `line ${index + 1} of ${file} is not of the form keyword=value`);
      }
      section.push([line.slice(0, equals).trim(), line.slice(equals + 1).trim()]);
    }
  }
  return section;
}
