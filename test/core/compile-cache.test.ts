import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { spawnNode } from '../support/process.ts';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** The built program in a folder of its own, without what was compiled before. */
async function copyOfProgram() {
  const folder = await temporaryFolder();
  const program = join(folder, 'dist');
  await cp(dist, program, { recursive: true });
  await cp(join(dist, '../package.json'), join(folder, 'package.json'));
  const compiled = join(program, 'compile-cache');
  await rm(compiled, { recursive: true, force: true });
  const version = async () => {
    const { result } = spawnNode([join(program, 'bin/storydredge-backup.js'), '--version'], { cwd: folder });
    const { exitCode, stdout, stderr } = await result;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    return stdout;
  };
  return { compiled, version };
}

async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((each) => each.isFile()).map((file) => join(file.parentPath, file.name));
}

test('compiled code is kept beside the program, and made anew where it is damaged', async () => {
  const { compiled, version } = await copyOfProgram();
  const first = await version();
  const files = await filesIn(compiled);
  expect(files).not.toEqual([]);
  const sound = await Promise.all(files.map((file) => readFile(file)));
  expect(await version()).toBe(first);
  for (const damage of [
    () => Buffer.alloc(0),
    (bytes: Buffer) => bytes.map((byte, at) => (at > 40 ? byte ^ 1 : byte)),
  ]) {
    await Promise.all(files.map((file, index) => writeFile(file, damage(sound[index] ?? Buffer.alloc(0)))));
    expect(await version()).toBe(first);
  }
});

test('where nothing can be written beside the program, it compiles each time', async () => {
  const { compiled, version } = await copyOfProgram();
  await writeFile(compiled, '');
  const first = await version();
  expect(await version()).toBe(first);
  expect(await readFile(compiled, 'utf8')).toBe('');
});
