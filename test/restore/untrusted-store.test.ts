import { readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ManifestTable } from '../../src/format/manifest.ts';
import type { Entries } from '../../src/format/entries.ts';
import { formatManifest, parseManifest } from '../../src/format/manifest-text.ts';
import { createArticles } from '../support/articles.ts';
import { copyText, makeScene, relations, type Scene } from './support.ts';

type Mutable<T> =
  T extends Entries<infer Entry>
    ? Mutable<Entry>[]
    : T extends object
      ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
      : T;

async function articlesScene(): Promise<Scene> {
  const scene = await makeScene();
  await createArticles(scene.source.client, { count: 250 });
  await scene.source.client.query(`CREATE INDEX by_title ON articles (title);
    ALTER TABLE articles ADD CONSTRAINT good CHECK (quality_score >= 0),
      ADD shout text GENERATED ALWAYS AS (upper(title)) STORED,
      ADD parent integer REFERENCES articles`);
  await scene.backup();
  await scene.target.client.query(`CREATE TABLE canary (id int); INSERT INTO canary VALUES (1);
    CREATE SEQUENCE disturbed`);
  return scene;
}

async function expectUntouched({ target }: Scene): Promise<void> {
  expect(await relations(target.client)).toEqual(['public', 'public.canary', 'public.disturbed']);
  expect(await copyText(target.client, 'canary')).toEqual(['1']);
  const { rows } = await target.client.query<object>('SELECT is_called FROM disturbed');
  expect(rows).toEqual([{ is_called: false }]);
}

describe('damaged chunks are refused, and the target stays as it was', () => {
  test.each([
    ['a flipped bit', 'E_CHUNK_DAMAGED', flip],
    ['a truncated object', 'E_CHUNK_DAMAGED', (path: string) => truncateSync(path, 1000)],
    ['a missing object', 'E_STORE_OBJECT_MISSING', (path: string) => rmSync(path)],
  ] as const)('%s', async (_, code, damage) => {
    const scene = await articlesScene();
    const chunks = join(scene.storeFolder, 'chunks');
    damage(join(chunks, readdirSync(chunks).sort()[1] ?? ''));
    await expect(scene.restore()).rejects.toMatchObject({ code });
    await expectUntouched(scene);
  });

  test.each([
    ['base', 1],
    ['patch', -1],
  ] as const)('a flipped bit in the %s of a range with a patch', async (_, place) => {
    const scene = await articlesScene();
    await scene.source.client.query('UPDATE articles SET title = title WHERE id = 150');
    await scene.backup();
    const chunks = join(scene.storeFolder, 'chunks');
    flip(join(chunks, readdirSync(chunks).sort().at(place) ?? ''));
    await expect(scene.restore()).rejects.toMatchObject({ code: 'E_CHUNK_DAMAGED' });
    await expectUntouched(scene);
  });

  test('rows of a patch that belong to another range are refused', async () => {
    const scene = await articlesScene();
    await scene.source.client.query('UPDATE articles SET title = title WHERE id IN (50, 150)');
    await scene.backup();
    rewrite(scene, (table) => {
      const [first, second] = table.ranges;
      if (first && second) [first.patches, second.patches] = [second.patches, first.patches];
    });
    await expect(scene.restore()).rejects.toMatchObject({ code: 'E_RESTORE_MISMATCH' });
    await expectUntouched(scene);
  });

  test('a sound chunk in the place of another is refused', async () => {
    const scene = await articlesScene();
    rewrite(scene, (table) => {
      const [first, second] = table.ranges;
      if (first && second) [first.base, second.base] = [second.base, first.base];
    });
    await expect(scene.restore()).rejects.toMatchObject({ code: 'E_RESTORE_MISMATCH' });
    await expectUntouched(scene);
  });
});

const evil = 'DROP TABLE public.canary';
type Change = (table: Mutable<ManifestTable>) => void;
const constraint = (kind: string, definition: string): Change => {
  return ({ constraints }) => {
    for (const one of constraints) if (one.kind === kind) one.definition = definition;
  };
};
const column = (change: Partial<ManifestTable['columns'][number]>): Change => {
  return ({ columns }) => void Object.assign(columns[1] ?? {}, change);
};
const partition = (bound: string): Change => {
  return (table) => void Object.assign(table, { partitionOf: { schema: 'public', name: 'parts', bound } });
};
const generated = (expression: string): Change => {
  return ({ columns }) => {
    for (const one of columns) if (one.generated !== null) one.generated = expression;
  };
};

describe('a hostile manifest gets an error, not an effect (law 8)', () => {
  let shared: Scene;
  let manifest: readonly [path: string, text: Buffer];
  beforeAll(async () => {
    shared = await articlesScene();
    const path = newestManifest(shared);
    manifest = [path, readFileSync(path)];
  });
  beforeEach(() => writeFileSync(...manifest));

  test.each<[string, Change]>([
    ['type: another statement', column({ type: `text); ${evil}; --` })],
    ['type: a default beside it', column({ type: `text DEFAULT nextval('public.disturbed')` })],
    ['type: another column', column({ type: 'text, b text' })],
    ['type: a check', column({ type: `text CHECK (nextval('public.disturbed') > 0)` })],
    ['type: a sequence of its own', column({ type: 'serial' })],
    ['collation', column({ collation: `pg_catalog."C" CHECK (nextval('public.disturbed') > 0)` })],
    ['default: another statement', column({ default: `'x'; ${evil}` })],
    ['default: another action', column({ default: `'x', OWNER TO nobody` })],
    ['default: ends its parenthesis', column({ default: `'x'), DISABLE TRIGGER ALL, ADD CHECK ((true)` })],
    ['default: a comment', column({ default: `'x' -- ` })],
    ['default: a dollar quote', column({ default: `$$x$$` })],
    ['default: an open quote', column({ default: `'x` })],
    ['default: an escaped escape before a quote', column({ default: `E'\\\\'; ${evil}; --'` })],
    ['default: an escape that is none before a quote', column({ default: `'\\'; ${evil}; --'` })],
    ['generated', generated(`upper(title)) STORED; ${evil}; --`)],
    ['primary key: another action', constraint('primary key', 'PRIMARY KEY (id), ADD COLUMN evil text')],
    ['primary key: of another index', constraint('primary key', 'PRIMARY KEY USING INDEX by_title')],
    ['check: another kind', constraint('check', 'UNIQUE (id)')],
    ['check: another statement', constraint('check', `CHECK (true); ${evil}`)],
    [
      'foreign key: another statement',
      constraint('foreign key', `FOREIGN KEY (id) REFERENCES public.canary(id); ${evil}`),
    ],
    ['foreign key: no table', constraint('foreign key', 'FOREIGN KEY (id) REFERENCES (SELECT 1)')],
    [
      'index',
      ({ indexes }) => void Object.assign(indexes[0] ?? {}, { definition: `USING btree (title); ${evil}` }),
    ],
    [
      'index: elsewhere',
      ({ indexes }) => void Object.assign(indexes[0] ?? {}, { definition: 'public.canary (id)' }),
    ],
    ['bound: another statement', partition(`DEFAULT; ${evil}`)],
    ['bound: a function', partition(`FOR VALUES IN (nextval('public.disturbed'::regclass))`)],
    ['sequence type', ({ sequences }) => void Object.assign(sequences[0] ?? {}, { type: `bigint; ${evil}` })],
    [
      'a sequence of somebody else',
      ({ sequences }) => void Object.assign(sequences[0] ?? {}, { name: 'disturbed', column: null }),
    ],
    [
      'schema of the system',
      (table) => void Object.assign(table, { schema: 'pg_catalog', name: 'pg_authid' }),
    ],
    ['name of 63 letters and more bytes', (table) => void Object.assign(table, { name: 'ü'.repeat(63) })],
    ['a column twice', ({ columns }) => void columns.push(...columns.slice(0, 1))],
    ['a key that is no column', (table) => void Object.assign(table, { key: ['nothing'] })],
    [
      'a digest that the ranges do not give',
      (table) => void Object.assign(table, { digest: '0'.repeat(16) }),
    ],
    ['a range twice', (table) => void Object.assign(table.ranges[1] ?? {}, table.ranges[0])],
  ])('%s', async (_, change) => {
    rewrite(shared, change);
    await expect(shared.restore()).rejects.toMatchObject({ code: 'E_MANIFEST_DAMAGED' });
    await expectUntouched(shared);
  });

  test('partition key: another statement', async () => {
    const path = newestManifest(shared);
    const parsed = structuredClone(parseManifest(readFileSync(path), 'manifest'));
    const columns = parsed.tables.flatMap((table) => table.columns);
    const [like = expect.fail('no table')] = parsed.tables;
    const nothing = { oid: 1, key: [], constraints: [], indexes: [], sequences: [], partitionOf: null };
    const partitionKey = `LIST (id); ${evil}`;
    const parts = { ...like, schema: 'public', name: 'parts', columns, ...nothing, partitionKey };
    writeFileSync(path, formatManifest({ ...parsed, partitionedTables: [parts] }));
    await expect(shared.restore()).rejects.toMatchObject({ code: 'E_MANIFEST_DAMAGED' });
    await expectUntouched(shared);
  });

  test('names are quoted, whatever they hold', async () => {
    const scene = await articlesScene();
    const name = `"; ${evil}; --`;
    rewrite(scene, (table) => {
      Object.assign(table, { name });
      for (const one of table.constraints) one.name = `${name} ${one.kind}`;
      for (const one of table.indexes) one.name = `${name} index`;
    });
    const { tables } = await scene.restore();
    expect(tables).toMatchObject([{ table: `public.${name}`, rows: 250 }]);
    expect(await copyText(scene.target.client, 'canary')).toEqual(['1']);
  });

  test('a check that may have effects is not run', async () => {
    const scene = await articlesScene();
    rewrite(scene, constraint('check', `CHECK ((nextval('public.disturbed'::regclass) > 0))`));
    await scene.restore();
    const { rows } = await scene.target.client.query<object>('SELECT is_called FROM disturbed');
    expect(rows).toEqual([{ is_called: false }]);
    expect(scene.logged.join('\n')).toContain('Check good of public.articles calls nextval');
  });
});

function flip(path: string): void {
  const bytes = readFileSync(path);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

/** Changes the table in the newest manifest, and seals it again as somebody who can write to the store could. */
function rewrite(scene: Scene, change: (table: Mutable<ManifestTable>) => void): void {
  const path = newestManifest(scene);
  const manifest = structuredClone(parseManifest(readFileSync(path), 'manifest'));
  for (const table of manifest.tables) change(table as Mutable<ManifestTable>);
  writeFileSync(path, formatManifest(manifest));
}

function newestManifest({ storeFolder }: Scene): string {
  const folder = join(storeFolder, 'manifests');
  return join(folder, readdirSync(folder).sort().at(-1) ?? '');
}
