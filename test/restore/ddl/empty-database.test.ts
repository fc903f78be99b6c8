import { describe, expect, test } from 'vitest';
import type { EmbeddedPostgres } from '../../../src/embedded/start-embedded-postgres.ts';
import { connectTo, startCluster } from '../../support/postgres.ts';
import { testWith } from '../../support/server-programs.ts';
import { copyText, makeScene, relations, type Scene } from '../support.ts';
import { dumpedSchema, everythingIn } from './oracle.ts';
import { richDatabase, richTables } from './rich-database.ts';

const roles = { owner: 'rich_owner', reader: '"Rich; reader"' };

async function createRoles(server: EmbeddedPostgres): Promise<void> {
  const client = await connectTo(server.url());
  await client.query(`CREATE ROLE ${roles.owner}; CREATE ROLE ${roles.reader}`);
  await client.end();
}

async function richScene(source: EmbeddedPostgres, target: EmbeddedPostgres): Promise<Scene> {
  await createRoles(source);
  if (target !== source) await createRoles(target);
  const scene = await makeScene({ sourceServer: source.url(), targetServer: target.url() });
  await scene.source.client.query(richDatabase(roles));
  await scene.backup();
  return scene;
}

async function expectEqualRows({ source, target }: Scene): Promise<void> {
  for (const table of richTables) {
    expect(await copyText(target.client, table)).toEqual(await copyText(source.client, table));
  }
}

describe('a rich database is created again in an empty one', () => {
  testWith('pg_dump')('as pg_dump prints it, with owners and grants', async () => {
    const server = await startCluster(15);
    const scene = await richScene(server, server);
    await scene.restore({ owner: true, grants: true });
    expect(await everythingIn(scene.target.client)).toEqual(await everythingIn(scene.source.client));
    expect(await dumpedSchema(scene.target.url)).toEqual(await dumpedSchema(scene.source.url));
    await expectEqualRows(scene);
  });

  test('on a newer major, from PostgreSQL 14 to 18', async () => {
    const servers = [await startCluster(14), await startCluster(18)] as const;
    const scene = await richScene(...servers);
    await scene.restore({ owner: true, grants: true });
    const found = await everythingIn(scene.target.client);
    const wanted = await everythingIn(scene.source.client);
    // Newer versions let only the owner of the database create in public, and each new table has a further privilege.
    delete found['schemas'];
    delete wanted['schemas'];
    expect(withoutMaintain(found)).toEqual(wanted);
    await expectEqualRows(scene);
    expect(scene.logged.filter((line) => line.startsWith('warn'))).toEqual([]);
  });
});

/** MAINTAIN came with PostgreSQL 17; owners have it. */
function withoutMaintain(found: Record<string, object[]>): unknown {
  return JSON.parse(JSON.stringify(found).replaceAll('arwdDxtm', 'arwdDxt').replaceAll('arwdxtm', 'arwdxt'));
}

test('without --owner and --grants the restoring role owns all, and comments come all the same', async () => {
  const source = await startCluster(17);
  const scene = await richScene(source, source);
  await scene.restore();
  const { rows } = await scene.target.client.query<object>(
    `SELECT relowner::regrole::text AS owner, relacl, obj_description(oid, 'pg_class') AS comment,
            (SELECT typowner::regrole::text FROM pg_type WHERE oid = 'app.mood'::regtype) AS type_owner
       FROM pg_class WHERE oid = 'app.people'::regclass`,
  );
  expect(rows).toEqual([
    { owner: 'postgres', relacl: null, comment: 'People;\n-- all of them', type_owner: 'postgres' },
  ]);
  await expectEqualRows(scene);
  // Once more, into what is there by now.
  await scene.restore({ clean: true });
  await expectEqualRows(scene);
  expect((await relations(scene.target.client)).filter((name) => name.includes('storydredge'))).toEqual([]);
});
