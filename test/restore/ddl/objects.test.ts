import { readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Manifest, TypeDefinition } from '../../../src/format/manifest.ts';
import type { Entries } from '../../../src/format/entries.ts';
import { formatManifest, parseManifest } from '../../../src/format/manifest-text.ts';
import { createObjects } from '../../../src/restore/objects/create-objects.ts';
import { planRestore } from '../../../src/restore/plan-restore.ts';
import { createStaging, nameStaging } from '../../../src/restore/staging.ts';
import { findRestorePoint } from '../../../src/repository/restore-points.ts';
import { openSession } from '../../postgres/sessions.ts';
import { createRole, uniqueName } from '../../support/postgres.ts';
import { copyText, makeScene, relations, type Scene } from '../support.ts';

const typesOf = async ({ target }: Scene): Promise<string[]> => {
  const { rows } = await target.client.query<{ name: string }>(
    `SELECT t.oid::regtype::text AS name FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = typnamespace
      WHERE n.nspname IN ('public', 'kinds') AND typrelid = 0 AND typtype IN ('e', 'd', 'r') ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
};

async function smallScene(): Promise<Scene> {
  const scene = await makeScene();
  await scene.source.client.query(`
    CREATE SCHEMA kinds;
    CREATE TYPE kinds.mood AS ENUM ('sad', 'happy');
    CREATE DOMAIN kinds.score AS integer DEFAULT 1 CONSTRAINT above CHECK (VALUE > 0);
    CREATE TYPE kinds.pair AS (a kinds.score, b text);
    CREATE TYPE kinds.span AS RANGE (subtype = float8, subtype_diff = float8mi);
    CREATE COLLATION kinds.plain (provider = libc, locale = 'C');
    CREATE EXTENSION citext SCHEMA kinds;
    CREATE TABLE things (id int PRIMARY KEY, mood kinds.mood, score kinds.score, pair kinds.pair, span kinds.span,
      name text COLLATE kinds.plain, nick kinds.citext) WITH (fillfactor = 80);
    INSERT INTO things SELECT n, 'happy', n, ROW(n, 'b')::kinds.pair, kinds.span(0, n), 'n', 'N' FROM generate_series(1, 50) AS n;
    COMMENT ON TABLE things IS 'Things'`);
  await scene.backup();
  return scene;
}

describe('types that the target has', () => {
  test('are used where they are the same, and an enum may have further labels', async () => {
    const scene = await smallScene();
    await scene.target.client.query(`CREATE SCHEMA kinds;
      CREATE TYPE kinds.mood AS ENUM ('sad', 'new', 'happy');
      CREATE DOMAIN kinds.score AS integer DEFAULT 1 CONSTRAINT above CHECK (VALUE > 0)`);
    await scene.restore();
    expect(await copyText(scene.target.client, 'things')).toEqual(
      await copyText(scene.source.client, 'things'),
    );
  });

  test('a domain of a table that stays may have changed its rules', async () => {
    const scene = await smallScene();
    await scene.restore();
    await scene.target.client.query(
      'ALTER DOMAIN kinds.score ADD CONSTRAINT below CHECK (VALUE < 1000) NOT VALID',
    );
    await scene.restore({ clean: true });
    expect(await copyText(scene.target.client, 'things')).toEqual(
      await copyText(scene.source.client, 'things'),
    );
  });
});

describe('a type that differs is named, and nothing is changed', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await smallScene();
  });

  test.each([
    ['kinds.mood', `CREATE TYPE kinds.mood AS ENUM ('happy', 'sad')`, 'another order'],
    ['kinds.mood', `CREATE TYPE kinds.mood AS ENUM ('happy')`, 'lacks the label "sad"'],
    ['kinds.mood', `CREATE DOMAIN kinds.mood AS text`, 'it is domain rather than enum'],
    ['kinds.score', 'CREATE DOMAIN kinds.score AS integer', 'CHECK'],
    ['kinds.pair', 'CREATE TYPE kinds.pair AS (b text, a integer)', 'integer'],
    ['kinds.plain', `CREATE COLLATION kinds.plain (provider = libc, locale = 'POSIX')`, 'POSIX'],
    ['citext', 'CREATE EXTENSION citext SCHEMA public', 'it is in schema public rather than kinds'],
  ])('%s: %s', async (name, sql, difference) => {
    await scene.target.client.query(`DROP SCHEMA IF EXISTS kinds CASCADE; CREATE SCHEMA kinds; ${sql}`);
    const before = [await relations(scene.target.client), await typesOf(scene)];
    const failure = scene.restore();
    await expect(failure).rejects.toMatchObject({ code: 'E_TARGET_DIFFERENT' });
    await expect(failure).rejects.toThrow(name);
    await expect(failure).rejects.toThrow(difference);
    expect([await relations(scene.target.client), await typesOf(scene)]).toEqual(before);
  });
});

describe('a restore that does not come to its end leaves nothing behind (law 4)', () => {
  test('one that fails drops what it had created', async () => {
    const scene = await smallScene();
    const chunks = join(scene.storeFolder, 'chunks');
    truncateSync(join(chunks, readdirSync(chunks)[0] ?? ''), 100);
    await expect(scene.restore()).rejects.toMatchObject({ code: 'E_CHUNK_DAMAGED' });
    expect(await relations(scene.target.client)).toEqual(['public']);
    expect(await typesOf(scene)).toEqual([]);
  });

  test('what a killed one had created, the next one drops and creates anew', async () => {
    const scene = await smallScene();
    await leaveBehind(scene);
    expect(await typesOf(scene)).toContain('kinds.mood');
    await scene.target.client.query('CREATE TABLE public.uses_it (mood kinds.mood)');
    await scene.restore();
    expect(scene.logged.join('\n')).toContain('The restore had created the type kinds.mood, and it stays');
    expect(await copyText(scene.target.client, 'things')).toEqual(
      await copyText(scene.source.client, 'things'),
    );
    const left = (await relations(scene.target.client)).filter((name) => name.startsWith('storydredge'));
    expect(left).toEqual([]);
  });

  test('what another role owns is not dropped, whatever a list in a staging says', async () => {
    const scene = await smallScene();
    const staging = await leaveBehind(scene);
    const { user } = await createRole(scene.target);
    await scene.target.client.query(`CREATE TYPE public.precious AS ENUM ('x');
      INSERT INTO ${staging}.created_objects (kind, object) VALUES ('type', 'public.precious'::regtype);
      ALTER TYPE public.precious OWNER TO ${user}`);
    await scene.restore();
    expect(await typesOf(scene)).toContain('precious');
    await scene.target.client.query('DROP TYPE public.precious');
  });
});

/** All that a restore had done before it loaded rows, as a killed one leaves it. */
async function leaveBehind(scene: Scene): Promise<string> {
  const { store, settings, signal } = await scene.input();
  const session = await openSession(scene.target.url, { access: 'read-write' });
  const plan = await planRestore(session, await findRestorePoint(store, 'latest', signal), settings);
  const staging = nameStaging(['public']);
  await createStaging(session, staging);
  await createObjects(session, plan.objects, staging);
  await session.close();
  return staging.name;
}

test('a role that may only select backs up all of it, with its comments and types', async () => {
  const scene = await smallScene();
  const reader = await createRole(scene.source);
  await scene.source.client.query(`GRANT USAGE ON SCHEMA kinds TO ${reader.user};
    GRANT SELECT ON things TO ${reader.user}`);
  await scene.backup({ url: reader.url });
  await scene.restore();
  const { rows } = await scene.target.client.query<object>(
    `SELECT obj_description('things'::regclass, 'pg_class') AS comment,
            (SELECT reloptions::text FROM pg_class WHERE oid = 'things'::regclass) AS options`,
  );
  expect(rows).toEqual([{ comment: 'Things', options: '{fillfactor=80}' }]);
});

test('roles that the target lacks are told, and the restore goes on', async () => {
  const scene = await smallScene();
  const gone = uniqueName('gone');
  rewrite(scene, ({ tables }) => {
    for (const table of tables) {
      table.owner = gone;
      table.grants = [{ grantee: gone, privilege: 'SELECT', grantable: false }];
    }
  });
  await scene.restore({ owner: true, grants: true });
  expect(scene.logged.join('\n')).toContain(`warn The target has no role ${gone}`);
  expect(await copyText(scene.target.client, 'things')).toHaveLength(50);
});

test('--owner needs a role that may give to the owner', async () => {
  const scene = await smallScene();
  const role = await createRole(scene.target, '');
  await scene.target.client.query(`GRANT CREATE ON DATABASE ${scene.target.name} TO ${role.user};
    GRANT CREATE, USAGE ON SCHEMA public TO ${role.user}`);
  const failure = scene.restore({ owner: true }, role.url);
  await expect(failure).rejects.toMatchObject({ code: 'E_TARGET_PRIVILEGE', hint: /GRANT "postgres" TO/ });
  expect(await relations(scene.target.client)).toEqual(['public']);
  await scene.restore({}, role.url);
  expect(await copyText(scene.target.client, 'things')).toHaveLength(50);
});

type Mutable<T> =
  T extends Entries<infer Entry>
    ? Mutable<Entry>[]
    : T extends object
      ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
      : T;
type Change = (manifest: Mutable<Manifest>) => void;

/** Changes the newest manifest, and seals it again as somebody who can write to the store could. */
function rewrite({ storeFolder }: Scene, change: Change): void {
  const folder = join(storeFolder, 'manifests');
  const path = join(folder, readdirSync(folder).sort().at(-1) ?? '');
  const manifest = structuredClone(parseManifest(readFileSync(path), 'manifest')) as Mutable<Manifest>;
  change(manifest);
  writeFileSync(path, formatManifest(manifest));
}

const evil = 'DROP TABLE public.canary';
const inType = (name: string, own: object): Change => {
  return ({ types }) => {
    const type: TypeDefinition | undefined = types.find((one) => one.name === name);
    Object.assign(type ?? expect.fail(`no type ${name}`), own);
  };
};
const check = (definition: string) =>
  inType('score', { constraints: [{ name: 'above', definition, comment: null }] });
const attribute = (type: string) =>
  inType('pair', { attributes: [{ name: 'a', type, collation: null, comment: null }] });

describe('hostile types get an error, not an effect (law 8)', () => {
  let scene: Scene;
  let manifest: readonly [path: string, text: Buffer];
  beforeAll(async () => {
    scene = await smallScene();
    await scene.target.client.query('CREATE TABLE canary (id int); CREATE SEQUENCE disturbed');
    const folder = join(scene.storeFolder, 'manifests');
    const path = join(folder, readdirSync(folder)[0] ?? '');
    manifest = [path, readFileSync(path)];
  });
  beforeEach(() => writeFileSync(...manifest));

  test.each<[string, Change]>([
    ['domain: another statement', inType('score', { base: `integer; ${evil}` })],
    ['domain: a check in its type', inType('score', { base: `integer CHECK (nextval('disturbed') > 0)` })],
    ['domain: default', inType('score', { default: `1) CHECK (nextval('public.disturbed') > 0` })],
    ['domain: collation', inType('score', { collation: `"C" NOT NULL` })],
    ['check: another kind', check('NOT NULL')],
    ['check: another statement', check(`CHECK (VALUE > 0); ${evil}`)],
    ['check: a comment', check('CHECK (VALUE > 0) --')],
    ['attribute: another one', attribute('integer, b text')],
    ['attribute: another statement', attribute(`integer); ${evil}; --`)],
    [
      'range: another option',
      inType('span', { difference: 'pg_catalog.float8mi, CANONICAL = pg_catalog.now' }),
    ],
    ['range: subtype', inType('span', { subtype: 'float8, CANONICAL = x' })],
    ['range: operator class', inType('span', { operatorClass: `x.y) ; ${evil}` })],
    [
      'storage parameter',
      ({ tables }) => void Object.assign(tables[0] ?? {}, { options: [`fillfactor); ${evil}`] }),
    ],
    ['a type twice', ({ types }) => void types.push(...types.slice(0, 1))],
    [
      'a privilege that is none',
      ({ types }) => Object.assign(types[0] ?? {}, { grants: [grantOf('ALL; x')] }),
    ],
  ])('%s', async (_, change) => {
    rewrite(scene, change);
    await expect(scene.restore()).rejects.toMatchObject({ code: 'E_MANIFEST_DAMAGED' });
    await expectUntouched(scene);
  });

  test('types of the system are not made', async () => {
    const change = inType('mood', { schema: 'pg_catalog' });
    rewrite(scene, (all) => {
      change(all);
      all.tables[0]?.needs.types.push({ schema: 'pg_catalog', name: 'mood' });
    });
    await expect(scene.restore()).rejects.toMatchObject({ code: 'E_USAGE' });
    await expectUntouched(scene);
  });

  test.each([
    ['dblink', 'does not trust it'],
    ['nowhere', 'does not have it'],
  ])('the extension %s is not created', async (name, reason) => {
    rewrite(scene, ({ extensions, tables }) => {
      extensions.push({ name, schema: 'public', version: '1' });
      tables[0]?.needs.extensions.push(name);
    });
    const failure = scene.restore();
    await expect(failure).rejects.toMatchObject({ code: 'E_TARGET_EXTENSION' });
    await expect(failure).rejects.toThrow(reason);
    await expectUntouched(scene);
  });

  test('comments, labels and names are quoted, whatever they hold', async () => {
    const other = await smallScene();
    rewrite(other, ({ tables, types, schemas }) => {
      for (const one of [...tables, ...types, ...schemas]) one.comment = `'; ${evil}; \\`;
      const [table] = tables;
      if (table) table.columns.forEach((column) => (column.comment = `\\'; ${evil}`));
    });
    await other.target.client.query('CREATE TABLE canary (id int)');
    await other.restore();
    expect(await relations(other.target.client)).toContain('public.canary');
  });

  test('a check of a domain that may have effects is not run', async () => {
    const other = await smallScene();
    await other.target.client.query('CREATE SEQUENCE disturbed');
    rewrite(other, check(`CHECK ((nextval('public.disturbed'::regclass) > 0))`));
    await other.restore();
    const { rows } = await other.target.client.query<object>('SELECT is_called FROM disturbed');
    expect(rows).toEqual([{ is_called: false }]);
    expect(other.logged.join('\n')).toContain('Check above of kinds.score calls nextval');
    await other.target.client.query('INSERT INTO things (id, score) VALUES (1000, 5)');
    const after = await other.target.client.query<object>('SELECT is_called FROM disturbed');
    expect(after.rows).toEqual([{ is_called: true }]);
  });
});

function grantOf(privilege: string): object {
  return { grantee: null, privilege, grantable: false };
}

async function expectUntouched(scene: Scene): Promise<void> {
  const found = (await relations(scene.target.client)).filter((name) => !name.startsWith('public.canary'));
  expect(found).toEqual(['public', 'public.disturbed']);
  expect(await typesOf(scene)).toEqual([]);
}
