import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toBackupError } from '../../src/core/errors.ts';
import { parseStoreUrl } from '../../src/store/store-url.ts';

test.each([
  ['s3://bucket', { kind: 's3', url: 's3://bucket', bucket: 'bucket', prefix: '' }],
  ['s3://bucket/', { kind: 's3', url: 's3://bucket', bucket: 'bucket', prefix: '' }],
  [
    's3://my.bucket-1/a/b=1/',
    { kind: 's3', url: 's3://my.bucket-1/a/b=1', bucket: 'my.bucket-1', prefix: 'a/b=1' },
  ],
  ['s3://bucket//a', { kind: 's3', url: 's3://bucket/a', bucket: 'bucket', prefix: 'a' }],
  ['file:///var/backups', { kind: 'file', url: 'file:///var/backups', folder: '/var/backups' }],
  ['file:///var/back%20ups/', { kind: 'file', url: 'file:///var/back%20ups', folder: '/var/back ups' }],
  ['file:///a/../b', { kind: 'file', url: 'file:///b', folder: '/b' }],
])('reads %s', (url, location) => {
  expect(parseStoreUrl(url)).toEqual(location);
});

test.each([
  '',
  'bucket/prefix',
  'http://bucket/prefix',
  's3://',
  's3:///prefix',
  's3://b',
  's3://buc ket',
  's3://bucket/a b',
  's3://bucket/../other',
  's3://bucket/./a',
  's3://bucket?region=x',
  's3://bucket/a#b',
  `s3://bucket/${'a'.repeat(301)}`,
  'file:',
  'file://relative/folder',
  'file://./folder',
  'file:relative',
  'file:///',
  'file:////',
  'file:///a?b',
  'file:///a%2Fb',
])('refuses %j as a usage error', (url) => {
  expect(() => parseStoreUrl(url)).toThrow(expect.objectContaining({ code: 'E_STORE_URL', exit: 2 }));
});

test('shows no credentials of a URL (law 10)', () => {
  try {
    parseStoreUrl('s3://AKIAEXAMPLE:planted-secret@bucket/prefix');
    expect.unreachable();
  } catch (error) {
    const { message, hint } = toBackupError(error);
    expect(message + hint).not.toContain('planted-secret');
    expect(hint).toContain('AWS_SECRET_ACCESS_KEY');
  }
});

test('a location read from its own URL is the same', () => {
  const part = fc.stringMatching(/^[A-Za-z0-9_=+@!~-]{1,20}$/);
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const location = parseStoreUrl(['s3://bucket', ...parts].join('/'));
      expect(parseStoreUrl(location.url)).toEqual(location);
    }),
  );
});
