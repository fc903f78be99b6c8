import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redactUrl, Secret } from '../../src/core/secret.ts';

const planted = 'hunter2-planted';

test('a secret gives its value to nobody but reveal (law 10)', () => {
  const secret = new Secret(planted);
  expect(secret.reveal()).toBe(planted);
  const texts = [
    String(secret),
    // oxlint-disable-next-line typescript/restrict-template-expressions -- the very mistake that must do no harm
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: { secret } }, { showHidden: true, depth: 9 }),
    format('%s %o %j %O', secret, secret, secret, [secret]),
    JSON.stringify(Object.entries(secret)),
    JSON.stringify(structuredClone(secret)),
    ['with', secret].join(' '),
  ];
  for (const text of texts) expect(text).not.toContain(planted);
});

test.each([
  ['postgres://user:hunter2-planted@host:5432/db', 'postgres://user:[redacted]@host:5432/db'],
  ['postgres://user:@host/db', 'postgres://user:[redacted]@host/db'],
  ['postgres://:hunter2-planted@host', 'postgres://:[redacted]@host'],
  ['https://key:hunter2-planted@host/a?b#c', 'https://key:[redacted]@host/a?b#c'],
  ['postgres://u:a/hunter2-planted@host/db', 'postgres://u:[redacted]@host/db'],
  ['postgres://u:a?hunter2-planted#@host/db', 'postgres://u:[redacted]@host/db'],
  ['postgres://u:a b@hunter2-planted@host/db', 'postgres://u:[redacted]@host/db'],
  ['postgres://u@host/db?password=hunter2-planted&x=1', 'postgres://u@host/db?password=[redacted]&x=1'],
  ['postgres:///db?sslpassword=hunter2-planted', 'postgres:///db?sslpassword=[redacted]'],
  ['postgres://host:5432/db?user=me@server', 'postgres://host:5432/db?user=me@server'],
  ['postgres://a:5432,b:5433/db', 'postgres://a:5432,b:5433/db'],
  ['s3://bucket/prefix', 's3://bucket/prefix'],
])('%s is printed as %s (law 10)', (url, shown) => {
  expect(redactUrl(url)).toBe(shown);
});

test('whatever the password, none of it is shown in full (law 10)', () => {
  const password = fc.string({ minLength: 1 }).map((text) => `${planted}${text}`);
  fc.assert(
    fc.property(password, (text) => {
      expect(redactUrl(`postgres://user:${text}@host/db`)).not.toContain(planted);
      expect(redactUrl(`postgres://user:${encodeURIComponent(text)}@host/db`)).not.toContain(planted);
    }),
  );
});
