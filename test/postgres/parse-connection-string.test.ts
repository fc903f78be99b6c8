import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messageOf } from '../../src/core/errors.ts';
import { parseConnectionString } from '../../src/postgres/parse-connection-string.ts';

test.each([
  ['postgresql://', {}],
  ['postgres://localhost', { host: 'localhost' }],
  ['postgresql://localhost:5433', { host: 'localhost', port: '5433' }],
  ['postgresql:///mydb', { dbname: 'mydb' }],
  ['postgresql:///mydb?host=/var/run/postgresql', { dbname: 'mydb', host: '/var/run/postgresql' }],
  ['postgresql://%2Fvar%2Frun%2Fpostgresql/mydb', { host: '/var/run/postgresql', dbname: 'mydb' }],
  ['postgresql://user@localhost', { user: 'user', host: 'localhost' }],
  [
    'postgresql://us%40er:p%3Aw%2F%25@db.example:1/a%20b',
    { user: 'us@er', password: 'p:w/%', host: 'db.example', port: '1', dbname: 'a b' },
  ],
  ['postgresql://u:a:b@h', { user: 'u', password: 'a:b', host: 'h' }],
  ['postgresql://h1:1,h2:2/db', { host: 'h1,h2', port: '1,2', dbname: 'db' }],
  ['postgresql://[2001:db8::1]:5432/db', { host: '2001:db8::1', port: '5432', dbname: 'db' }],
  [
    'postgresql://h/db?sslmode=verify-full&connect_timeout=5',
    { host: 'h', dbname: 'db', sslmode: 'verify-full', connect_timeout: '5' },
  ],
  ['postgresql://h/db?user=other&keepalives=1', { host: 'h', dbname: 'db', user: 'other' }],
  ['postgresql://h/db?ssl=true', { host: 'h', dbname: 'db', sslmode: 'require' }],
  ['host=localhost port=5433', { host: 'localhost', port: '5433' }],
  [
    "  host = h  dbname='a b' password='it\\'s\\\\' user=x\\ y ",
    { host: 'h', dbname: 'a b', password: "it's\\", user: 'x y' },
  ],
  ["password=''", { password: '' }],
  ['', {}],
])('reads %s', (text, expected) => {
  expect(parseConnectionString(text)).toEqual(expected);
});

test('takes any password, percent-encoded in a URL or quoted in a keyword list', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (password) => {
      fc.pre(!password.includes('\0') && password !== '');
      const encoded = encodeURIComponent(password);
      expect(parseConnectionString(`postgresql://u:${encoded}@h/d`).password).toBe(password);
      const quoted = password.replace(/[\\']/g, '\\$&');
      expect(parseConnectionString(`password='${quoted}' host=h`)).toEqual({ password, host: 'h' });
    }),
  );
});

test.each([
  'postgresql://user:hunter2@pass@host/db',
  'postgresql://user:hunter2%zz@host/db',
  'postgresql://user:hunter2@host:port/db',
  'postgresql://user:hunter2@host/db?sslmode',
  'postgresql://user:hunter2@host/db?pasword=hunter2',
  'mysql://user:hunter2@host/db',
  "host=h password='hunter2",
  'host=h hunter2',
  'user:hunter2@host/db',
])('refuses %s without repeating a secret', (text) => {
  let caught: unknown;
  try {
    parseConnectionString(text);
  } catch (error) {
    caught = error;
  }
  expect(caught).toMatchObject({ code: 'E_USAGE' });
  expect(messageOf(caught)).not.toContain('hunter2');
  expect(JSON.stringify(caught)).not.toContain('hunter2');
});

test('names the parameter that was meant', () => {
  expect(() => parseConnectionString('postgresql://h/db?ssl_mode=require')).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('sslmode') }),
  );
});
