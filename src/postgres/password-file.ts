import { Secret } from '../core/secret.ts';
import { isOpenToOthers, readIfPresent } from './user-files.ts';

export interface PasswordFile {
  readonly entries: readonly PasswordEntry[];
  /** Why the file is not used, for people. */
  readonly warning?: string;
}

interface PasswordEntry {
  /** host, port, database, user; `*` stands for any. */
  readonly fields: readonly string[];
  readonly password: Secret;
}

/** Reads `host:port:database:user:password` lines. As libpq, does not use a file that others may read. */
export async function readPasswordFile(path: string): Promise<PasswordFile> {
  const text = await readIfPresent(path);
  if (text === undefined) return { entries: [] };
  if (await isOpenToOthers(path)) {
    return {
      entries: [],
      warning: `the password file ${path} is not used: others may read it (chmod 0600 ${path})`,
    };
  }
  return { entries: text.split('\n').flatMap(parseLine) };
}

function parseLine(raw: string): PasswordEntry[] {
  const line = raw.replace(/\r$/, '');
  if (line === '' || line.startsWith('#')) return [];
  const match =
    /^((?:[^:\\]|\\.)*):((?:[^:\\]|\\.)*):((?:[^:\\]|\\.)*):((?:[^:\\]|\\.)*):((?:[^:\\]|\\.)*)/s.exec(line);
  if (!match) return [];
  const [host = '', port = '', database = '', user = '', password = ''] = match.slice(1).map(unescape);
  return [{ fields: [host, port, database, user], password: new Secret(password) }];
}

function unescape(field: string): string {
  return field.replace(/\\(.)/gs, '$1');
}

/** The password of the first line that fits. */
export function findPassword(
  { entries }: PasswordFile,
  wanted: { host: string; port: number; database: string; user: string },
): Secret | undefined {
  const values = [wanted.host, String(wanted.port), wanted.database, wanted.user];
  return entries.find(({ fields }) =>
    fields.every((field, index) => field === '*' || field === values[index]),
  )?.password;
}
