import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { findBinaries } from '../../src/embedded/find-binaries.ts';
import { temporaryFolder } from '../support/folder.ts';
import { connectTo, startCluster } from '../support/postgres.ts';
import { stillRunning } from '../support/process-tree.ts';
import { spawnNode } from '../support/process.ts';

const sourceFolder = fileURLToPath(new URL('../../src/embedded', import.meta.url));
const script = fileURLToPath(new URL('start-and-wait.ts', import.meta.url));
const packageName = `postgres17-${process.platform}-${process.arch}`;
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

async function lines(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8')).split('\n');
}

/** A folder with a copy of the npm package, without the links that its install script would have made. */
async function freshPackage(): Promise<{ folder: string; packageFolder: string }> {
  const [found] = await findBinaries(17, { packagesFrom: [sourceFolder], path: '', versionsFolder: '/none' });
  if (!found?.packageFolder) throw new Error(`the npm package ${packageName} is not installed`);
  const folder = await temporaryFolder();
  const packageFolder = join(folder, 'node_modules', packageName);
  await mkdir(dirname(packageFolder));
  await cp(found.packageFolder, packageFolder, { recursive: true, verbatimSymlinks: true });
  const library = join(packageFolder, 'native', 'lib');
  for (const entry of await readdir(library, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) await rm(join(library, entry.name));
  }
  return { folder, packageFolder };
}

async function expectAnswers(url: string): Promise<void> {
  const client = await connectTo(url);
  const { rows } = await client.query({ text: 'SELECT 1', rowMode: 'array' });
  await client.end();
  expect(rows).toEqual([[1]]);
}

test('missing links are made in the package, by several starts at once', async () => {
  const { folder, packageFolder } = await freshPackage();
  await chmod(folder, 0o755);
  const servers = await Promise.all([1, 2].map(() => startCluster(17, { packagesFrom: [folder] })));
  for (const server of servers) {
    await expectAnswers(server.url());
    expect(await readdir(server.folder)).not.toContain('pgsql-0');
  }
  expect(existsSync(join(packageFolder, 'native', 'lib', 'libpq.so.5'))).toBe(true);
});

describe.runIf(isRoot)('as root', () => {
  test('the server runs as another account', async () => {
    const server = await startCluster();
    const status = await lines(`/proc/${server.pid}/status`);
    const uid = status.find((line) => line.startsWith('Uid:'))?.split(/\s+/)[1];
    const passwd = (await lines('/etc/passwd')).map((line) => line.split(':'));
    expect(passwd.find((fields) => fields[2] === uid)?.[0]).toMatch(/^(postgres|nobody)$/);
    const groups = status
      .find((line) => line.startsWith('Groups:'))
      ?.slice(7)
      .trim();
    expect(groups).toBe('');
  });

  test('programs that the other account cannot reach are copied', async () => {
    const { folder } = await freshPackage();
    await chmod(folder, 0o700);
    const server = await startCluster(17, { packagesFrom: [folder] });
    await expectAnswers(server.url());
    expect(await readdir(server.folder)).toContain('pgsql-0');
  });

  test('a parent folder that the other account cannot enter is passed over and left empty', async () => {
    const parentFolder = await temporaryFolder();
    const server = await startCluster(17, { parentFolder });
    await expectAnswers(server.url());
    expect(dirname(server.folder)).not.toBe(parentFolder);
    expect(await readdir(parentFolder)).toEqual([]);
  });
});

// The account `nobody` must be able to read this checkout; whoever is not root runs every other test so.
const readable = isRoot && (await canRead(nobody));

describe.runIf(readable)('as another user than root', () => {
  test('a package without links in a folder that cannot be written is copied', async () => {
    const { folder, packageFolder } = await freshPackage();
    await chmod(folder, 0o755);
    const home = await temporaryFolder();
    await chown(home, nobody, nobody);
    const program = spawnNode([script, folder], { cwd: '/', uid: nobody, env: { TMPDIR: home } });
    await program.waitForOutput(/\}\n/);
    const started: { url: string; pid: number; folder: string } = JSON.parse(program.output());
    const { pid, folder: serverFolder } = started;
    await expectAnswers(started.url);
    expect(dirname(serverFolder)).toBe(home);
    expect(await readdir(serverFolder)).toContain('pgsql-0');
    expect(existsSync(join(packageFolder, 'native', 'lib', 'libpq.so.5'))).toBe(false);
    program.kill('SIGKILL');
    await vi.waitFor(
      async () => expect([await stillRunning([pid]), existsSync(serverFolder)]).toEqual([[], false]),
      {
        timeout: 60_000,
      },
    );
  });
});

async function canRead(uid: number): Promise<boolean> {
  const read = ['-e', 'require("node:fs").readFileSync(process.argv[1])', script];
  return promisify(execFile)(process.execPath, read, { uid, gid: uid, cwd: '/' }).then(
    () => true,
    () => false,
  );
}
