import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Redactor } from '../../../src/cli/logging/redactor.ts';

test('a secret never survives, alone, within text or encoded for a URL', () => {
  const password = fc
    .string({ minLength: 4 })
    .filter((text) => text !== 'postgres' && !'[redacted]'.includes(text));
  fc.assert(
    fc.property(password, fc.string(), fc.string(), (secret, before, after) => {
      const redactor = new Redactor();
      redactor.protect(`postgresql://me:${encodeURIComponent(secret)}@host/db`);
      redactor.protect(secret);
      expect(redactor.redact(`${before}${secret}${after}`)).toContain('[redacted]');
      expect(redactor.redact(`postgresql://me:${encodeURIComponent(secret)}@h`)).toBe(
        'postgresql://me:[redacted]@h',
      );
    }),
  );
});

test.each([
  ['postgresql://me:p%40ss-word@host/db', 'p@ss-word'],
  ['postgresql://host/db?user=me&password=p%40ss-word&x=1', 'p@ss-word'],
  ['postgresql://host/db?sslpassword=key-word', 'key-word'],
  ["host=h password='it\\'s secret' dbname=x", "it's secret"],
  ['host=h password=plain-word dbname=x', 'plain-word'],
  ['session-token', 'session-token'],
])('knows the secret in %s', (given, secret) => {
  const redactor = new Redactor();
  redactor.protect(given);
  expect(redactor.redact(`<${secret}>`)).toBe('<[redacted]>');
  expect(redactor.redact('connecting to host h, database db')).toBe('connecting to host h, database db');
});

test('leaves words alone: the documented default password and very short ones', () => {
  const redactor = new Redactor();
  redactor.protect('postgresql://postgres:postgres@host/db');
  redactor.protect('abc');
  redactor.protect('');
  redactor.protect(undefined);
  expect(redactor.redact('postgres says abc')).toBe('postgres says abc');
});
