import { BackupError } from '../core/errors.ts';
import { collectParameters } from './collect-parameters.ts';
import type { ConnectionParameters } from './connection-parameters.ts';

const where = 'the database URL';
const uriPattern =
  /^postgres(?:ql)?:\/\/(?:(?<user>[^:@/?#]*)(?::(?<password>[^@/?#]*))?@)?(?<hosts>[^@/?#]*)(?:\/(?<dbname>[^@?#]*))?(?:\?(?<query>[^#]*))?$/;

/**
 * Reads a connection string as libpq does: `postgresql://user@host:port/dbname?sslmode=…`, with several hosts
 * (`a:5432,b`), IPv6 addresses in brackets and percent encoding (`%2Fvar%2Frun` for a socket folder), or
 * `host=… port=… dbname='…'`.
 *
 * @throws BackupError `E_USAGE`; its message never repeats what was given, since a password may be in it (law 10).
 */
export function parseConnectionString(text: string): ConnectionParameters {
  const trimmed = text.trim();
  if (/^postgres(ql)?:\/\//.test(trimmed)) return parseUri(trimmed);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed))
    throw malformed('it starts with neither postgresql:// nor postgres://');
  return parseKeywordValues(trimmed);
}

function parseUri(text: string): ConnectionParameters {
  const groups = uriPattern.exec(text)?.groups;
  if (!groups) throw malformed('@, / and ? within user name or password must be written as %40, %2F and %3F');
  const pairs: [string, string][] = [];
  const add = (keyword: string, value: string | undefined): void => {
    if (value) pairs.push([keyword, decode(value)]);
  };
  add('user', groups['user']);
  add('password', groups['password']);
  add('dbname', groups['dbname']);
  const endpoints = (groups['hosts'] ?? '').split(',').map(splitEndpoint);
  add('host', joinParts(endpoints.map(({ host }) => host)));
  add('port', joinParts(endpoints.map(({ port }) => port)));
  for (const part of (groups['query'] ?? '').split('&').filter(Boolean)) {
    const [keyword = '', value, ...more] = part.split('=');
    if (value === undefined || more.length > 0)
      throw malformed('a parameter behind ? is not of the form name=value');
    pairs.push([decode(keyword), decode(value)]);
  }
  return collectParameters(pairs, where);
}

function splitEndpoint(endpoint: string): { host: string; port: string } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(endpoint);
  if (!match) throw malformed('host and port are not of the form host:port; put an IPv6 address into [ ]');
  return { host: match[1] ?? match[2] ?? '', port: match[3] ?? '' };
}

function joinParts(parts: readonly string[]): string {
  return parts.every((part) => part === '') ? '' : parts.join(',');
}

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw malformed('a % is not followed by two hex digits of a UTF-8 character; write %25 for %');
  }
  if (decoded.includes('\0')) throw malformed('it holds a NUL character');
  return decoded;
}

function parseKeywordValues(text: string): ConnectionParameters {
  const pairs: [string, string][] = [];
  const pattern = /\s*([^\s=]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s\\']|\\.)*))(?=\s|$)\s*/gsy;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (!match) throw malformed('it is neither postgresql://… nor a list of keyword=value');
    pairs.push([match[1] ?? '', (match[2] ?? match[3] ?? '').replace(/\\(.)/gs, '$1')]);
  }
  return collectParameters(pairs, where);
}

function malformed(reason: string): BackupError {
  return new BackupError('E_USAGE', `${where} cannot be read: ${reason}`, {
    hint: 'Write it as postgresql://user@host:5432/database, with the password in PGPASSWORD or a password file.',
  });
}
