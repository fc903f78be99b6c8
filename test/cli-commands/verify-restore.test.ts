import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { resolveConnection } from '../../src/postgres/resolve-connection.ts';
import { Secret } from '../../src/core/secret.ts';
import { readManifest } from '../../src/repository/manifests.ts';
import { checkObjects } from '../../src/service/proof/check-objects.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { ProveResult } from '../../src/service/proof/prove-restore.ts';
import { backUpThrice, changeObject, flipBit, keysIn, type BackedUp } from '../verify/backed-up.ts';

let setup: BackedUp;
beforeAll(async () => {
  setup = await backUpThrice();
  await setup.database.client.query(
    `CREATE TABLE papers (id int PRIMARY KEY, name text UNIQUE, city text CHECK (city <> ''));
     CREATE INDEX by_city ON papers (city, name);
     INSERT INTO papers SELECT n, 'paper ' || n, 'city' FROM generate_series(1, 30) AS n`,
  );
  await setup.backup('--table', '*');
});

const proofsIn = (store: string): string[] => {
  try {
    return readdirSync(join(store, 'proofs'));
  } catch {
    return [];
  }
};

/** Of the databases that the proofs of this file have made, by their logs, those that are still on the tests' server. */
async function scratchDatabases(...others: string[]): Promise<string[]> {
  const logs = readdirSync(join(setup.folder, 'logs')).map((name) => join(setup.folder, 'logs', name));
  const made = logs.flatMap((path) => readFileSync(path, 'utf8').match(/storydredge_proof_\w+/g) ?? []);
  expect(made.length).toBeGreaterThan(0);
  const { rows } = await setup.database.client.query<{ datname: string }>(
    'SELECT datname FROM pg_database WHERE datname = ANY ($1)',
    [[...made, ...others]],
  );
  return rows.map(({ datname }) => datname);
}

async function prove(...args: string[]) {
  const { exitCode, json } = await setup.verify(['--restore', ...args]);
  return { exitCode, json: json as unknown as ProveResult };
}

describe('verify --restore', () => {
  test('restores into a server of its own, keeps the proof, and retention keeps what is proved', async () => {
    const store = await setup.copy();
    const { exitCode, json } = await setup.verify(
      ['--restore', '--at', keysIn(store, 'manifests')[1] ?? ''],
      {
        store,
      },
    );
    expect(exitCode, JSON.stringify(json)).toBe(0);
    const { proof } = json as unknown as ProveResult;
    expect(proof).toMatchObject({ constraints: 1, indexes: 0 });
    expect(proof?.restoreSeconds).toBeGreaterThan(0);
    const kept = JSON.parse(readFileSync(join(store, proof?.object ?? ''), 'utf8')) as unknown;
    expect(kept).toMatchObject({ manifest: { key: keysIn(store, 'manifests')[1] }, rows: 65, tables: 1 });

    const status = await setup.run('status', '--store', `file://${store}`, '--json');
    expect(JSON.parse(status.stdout)).toMatchObject({
      lastProof: { manifest: keysIn(store, 'manifests')[1], restoreSeconds: proof?.restoreSeconds },
    });
    const proved = keysIn(store, 'manifests')[1];
    const prune = ['prune', '--keep-last', '1', '--grace-period', '0s', '--no-compact'];
    expect((await setup.run(...prune, '--store', `file://${store}`)).exitCode).toBe(0);
    expect(keysIn(store, 'manifests')).toHaveLength(2);
    expect(keysIn(store, 'manifests')).toContain(proved);
    expect((await setup.verify(['--deep', '--at', proved ?? ''], { store })).exitCode).toBe(0);
  });

  test('restores into a database on the server that is named, which is then dropped', async () => {
    const left = 'storydredge_proof_20200101t000000_0123abcd';
    await setup.database.client.query(`CREATE DATABASE ${left}`);
    // Of the two databases that such a URL names, the parameter holds.
    const server = new URL(setup.database.url);
    server.searchParams.set('dbname', server.pathname.slice(1));
    const { exitCode, json } = await prove('--scratch-url', server.href);
    expect(exitCode, JSON.stringify(json)).toBe(0);
    expect(json.proof).toMatchObject({ constraints: 4, indexes: 1 });
    expect(json.rangesCompared).toBeGreaterThan(6);
    expect(await scratchDatabases(left)).toEqual([]);
  });

  test('tells damage, keeps no proof, and leaves nothing behind', async () => {
    const store = await setup.copy();
    const [chunk = ''] = keysIn(store, 'chunks');
    changeObject(store, chunk, (bytes) => flipBit(bytes, 100));
    const { exitCode, json } = await setup.verify(['--restore', '--scratch-url', setup.database.url], {
      store,
    });
    expect(exitCode).toBe(4);
    expect(json.findings.map(({ code }) => code)).toEqual(['RESTORE_FAILED']);
    expect(json.findings[0]?.detail).toContain(chunk);
    expect(proofsIn(store)).toEqual(proofsIn(setup.store));
    expect(await scratchDatabases()).toEqual([]);
  });

  test('a constraint or an index that was not restored is told', async () => {
    const store = await openStore(`file://${setup.store}`);
    const { manifest } = await readManifest(store, keysIn(setup.store, 'manifests').at(-1) ?? '');
    const target = await resolveConnection({ databaseUrl: new Secret(setup.database.url) }, {});
    const { signal } = new AbortController();
    const check = async (change: (sql: string) => string) => {
      const text = JSON.stringify(manifest);
      const changed = JSON.parse(change(text)) as typeof manifest;
      const { findings } = await checkObjects(target, changed, 'manifest', signal);
      return findings.map(({ detail }) => detail);
    };
    expect(await check((text) => text)).toEqual([]);
    expect(await check((text) => text.replaceAll('by_city', 'by_town'))).toEqual([
      'public.papers: it lacks the index "by_town", or has it as an invalid one',
    ]);
    expect(await check((text) => text.replaceAll('papers_name_key', 'other_key'))).toEqual([
      'public.papers: it lacks the constraint "other_key", or has it as an invalid one',
    ]);
    expect(await check((text) => text.replace('btree (city, name)', 'btree (name, city)'))).toEqual([
      expect.stringContaining('its index "by_city" is USING btree (city, name) rather than'),
    ]);
    expect(await check((text) => text.replaceAll('"papers"', '"nothing"'))).toEqual(
      expect.arrayContaining(['public.nothing: the table was not restored']),
    );
  });

  test('goes with no other way to verify', async () => {
    for (const args of [
      ['--restore', '--deep'],
      ['--scratch-url', setup.database.url],
    ]) {
      const { exitCode } = await setup.run('verify', '--store', `file://${setup.store}`, ...args);
      expect(exitCode).toBe(2);
    }
  });
});
