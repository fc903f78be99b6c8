import { expect, test } from 'vitest';
import { fileNames } from '../../src/export/file-names.ts';

const table = (schema: string, name: string) => ({ schema, name });

test('names lead into the folder, whatever tables are called (law 8)', () => {
  const tables = [
    table('public', 'articles'),
    table('..', '/etc/passwd'),
    table('.', '.hidden'),
    table('a.b', 'c'),
    table('a', 'b.c'),
    table('news', 'Größe "2"\n\u0000%2E'),
    table('x', '🙂'.repeat(15)),
  ];
  expect(fileNames(tables, 'jsonl').slice(0, 6)).toEqual([
    'public.articles.jsonl',
    '%2E%2E.%2Fetc%2Fpasswd.jsonl',
    '%2E.%2Ehidden.jsonl',
    'a%2Eb.c.jsonl',
    'a.b%2Ec.jsonl',
    'news.Größe%20%222%22%0A%00%252E.jsonl',
  ]);
  for (const name of fileNames(tables, 'csv')) expect(Buffer.byteLength(name)).toBeLessThan(230);
});

test('no two tables share a file, on no file system', () => {
  const long = '🙂'.repeat(15);
  const tables = ['Articles', 'articles', 'ARTICLES', long, `${long}x`, 'e\u0301', '\u00e9'].map((name) =>
    table('public', name),
  );
  const names = fileNames(tables, 'copy');
  expect(names.slice(0, 3)).toEqual([
    'public.Articles.copy',
    'public.articles~2.copy',
    'public.ARTICLES~3.copy',
  ]);
  expect(new Set(names.map((name) => name.normalize('NFC').toLowerCase())).size).toBe(tables.length);
});
