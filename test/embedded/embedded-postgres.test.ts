import { existsSync } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { createCertificate } from '../support/certificate.ts';
import { temporaryFolder } from '../support/folder.ts';
import { connectTo, startCluster } from '../support/postgres.ts';
import { processTree, stillRunning } from '../support/process-tree.ts';

test('a started server accepts SQL and has the settings that the tests of this program need', async () => {
  const server = await startCluster(17, {
    settings: { work_mem: '5MB', 'demo.text': String.raw`it's a \ here` },
  });
  const client = await connectTo(server.url());
  const settings = [
    'wal_level',
    'max_prepared_transactions',
    'max_connections',
    'TimeZone',
    'work_mem',
    'demo.text',
  ];
  const shown = settings.map((name) => `current_setting('${name}')`).join(', ');
  const { rows } = await client.query({ text: `SELECT ${shown}`, rowMode: 'array' });
  await client.end();
  expect(rows[0]).toEqual(['replica', '10', '100', 'UTC', '5MB', String.raw`it's a \ here`]);
  expect(server.major).toBe(17);
});

test('a wrong password is refused', async () => {
  const server = await startCluster();
  await expect(connectTo(server.url(), { password: 'wrong' })).rejects.toMatchObject({ code: '28P01' });
});

test('stop leaves no process and no folder, with a session open, and may be called again', async () => {
  const server = await startCluster();
  const client = await connectTo(server.url());
  const pids = await processTree(server.pid ?? 0);
  expect(pids.length).toBeGreaterThan(3);
  await server.stop();
  await client.end().catch(() => {});
  expect(await stillRunning(pids)).toEqual([]);
  expect(existsSync(server.folder)).toBe(false);
  expect(server.pid).toBeUndefined();
  await server.stop();
});

test('a server that is stopped and started again has the same port and its data', async () => {
  const server = await startCluster();
  const { port } = server;
  for (const mode of ['fast', 'immediate'] as const) {
    const before = await connectTo(server.url());
    await before.query(`CREATE TABLE kept_${mode} AS SELECT generate_series(1, 10) AS n`);
    await server.stopServer(mode);
    await before.end().catch(() => {});
    await expect(connectTo(server.url())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server.startServer();
    const after = await connectTo(server.url());
    const { rows } = await after.query(`SELECT count(*)::int AS count FROM kept_${mode}`);
    await after.end();
    expect(rows).toEqual([{ count: 10 }]);
  }
  expect(server.port).toBe(port);
});

test('two servers of different versions run at once', async () => {
  const servers = await Promise.all([startCluster(14), startCluster(18)]);
  const versions = await Promise.all(
    servers.map(async (server) => {
      const client = await connectTo(server.url());
      const { rows } = await client.query({ text: 'SHOW server_version_num', rowMode: 'array' });
      await client.end();
      return Math.floor(Number(rows[0]?.[0]) / 10_000);
    }),
  );
  expect(versions).toEqual([14, 18]);
});

test('a server with a certificate speaks TLS to whom trusts its authority, and to nobody else', async () => {
  const authority = createCertificate({ name: 'Test authority', authority: true });
  const ssl = createCertificate({
    name: 'localhost',
    hosts: ['localhost'],
    addresses: ['127.0.0.1'],
    issuer: authority,
  });
  const server = await startCluster(17, { ssl, hba: ['hostnossl all all 127.0.0.1/32 reject'] });
  const client = await connectTo(server.url(), { ssl: { ca: authority.certificate } });
  const { rows } = await client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
  await client.end();
  expect(rows).toEqual([{ ssl: true }]);
  await expect(connectTo(server.url())).rejects.toMatchObject({ code: '28000' });
  const other = createCertificate({ name: 'Other authority', authority: true });
  await expect(connectTo(server.url(), { ssl: { ca: other.certificate } })).rejects.toThrow(
    /verif|signature|issuer/,
  );
});

test('starting can be aborted at any time, which leaves nothing', async () => {
  const parentFolder = await temporaryFolder();
  await chmod(parentFolder, 0o755);
  const early = new AbortController();
  const never = startCluster(17, { signal: early.signal, parentFolder });
  early.abort(new Error('too early'));
  await expect(never).rejects.toThrow('too early');

  const abort = new AbortController();
  const starting = startCluster(17, { signal: abort.signal, parentFolder });
  starting.catch(() => {});
  await vi.waitFor(async () => expect(await readdir(parentFolder)).toHaveLength(1), {
    interval: 5,
    timeout: 60_000,
  });
  abort.abort(new Error('enough'));
  await expect(starting).rejects.toThrow('enough');
  expect(await readdir(parentFolder)).toEqual([]);
});

test('a setting that the server refuses gives an error with the log of the server', async () => {
  await expect(startCluster(17, { settings: { max_connections: 'many' } })).rejects.toMatchObject({
    code: 'E_EMBEDDED_POSTGRES',
    message: expect.stringContaining('invalid value for parameter "max_connections": "many"'),
  });
});
