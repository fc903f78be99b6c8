import { readFileSync } from 'node:fs';
import { packageFile } from '../core/program-files.ts';

/** Version of this program. */
export function programVersion(): string {
  const text = readFileSync(packageFile('package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
