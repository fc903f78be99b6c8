import { chmod, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { explainFileError } from '../../src/store/file/map-error.ts';
import { FileStore } from '../../src/store/file-store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { parseStoreUrl } from '../../src/store/store-url.ts';
import { temporaryFolder } from '../support/folder.ts';
import { bytesOf, collect } from './bytes.ts';
import { describeStore } from './contract.ts';

async function openIn(folder: string): Promise<FileStore> {
  const location = parseStoreUrl(`file://${folder}`);
  if (location.kind !== 'file') throw new Error('no file URL');
  const store = new FileStore(location);
  await store.prepare();
  return store;
}

describeStore('FileStore', { open: async () => openIn(await temporaryFolder()), ifMatch: true });

const openDecorated = async () => {
  const store = await openStore(`file://${await temporaryFolder()}/new/folder`);
  await store.prepare();
  return store;
};
describeStore('FileStore with its decorators', { open: openDecorated, ifMatch: true });

test('shows nothing but the objects under chunks/', async () => {
  const folder = await temporaryFolder();
  const store = await openIn(folder);
  await store.put('chunks/chunk_1.json', Buffer.from('[]'), { metadata: { rows: '0' } });
  expect(await readdir(join(folder, 'chunks'))).toEqual(['chunk_1.json']);
  expect(await readFile(join(folder, 'chunks/chunk_1.json'), 'utf8')).toBe('[]');
  expect(await readdir(folder)).toEqual(['.storydredge', 'chunks']);
  expect(await readdir(join(folder, '.storydredge/unfinished'))).toEqual([]);
});

test('leaves out what other programs put into the folder', async () => {
  const folder = await temporaryFolder();
  const store = await openIn(folder);
  await store.put('a', Buffer.from('a'));
  await writeFile(join(folder, 'with blank.txt'), '');
  await mkdir(join(folder, 'empty'));
  await symlink(join(folder, 'a'), join(folder, 'link'));
  await writeFile(join(folder, '.storydredge/unfinished/left-over'), 'half');
  expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(['a']);
  expect(await store.head('empty')).toBeUndefined();
  await expect(store.get('empty')).rejects.toMatchObject({ code: 'E_STORE_OBJECT_MISSING' });
  await expect(store.get('.storydredge/unfinished/left-over')).rejects.toMatchObject({
    code: 'E_STORE_FAILED',
  });
});

test('follows no symbolic link, neither to read nor to write nor to delete (law 8)', async () => {
  const outside = await temporaryFolder();
  await writeFile(join(outside, 'secret'), 'secret');
  const folder = await temporaryFolder();
  const store = await openIn(folder);
  await symlink(outside, join(folder, 'chunks'));
  await symlink(join(outside, 'secret'), join(folder, 'file'));
  await symlink(join(outside, 'not-there'), join(folder, 'dangling'));
  const refusal = { code: 'E_STORE_FAILED' };
  await expect(store.get('chunks/secret')).rejects.toMatchObject(refusal);
  await expect(store.get('file')).rejects.toMatchObject(refusal);
  await expect(collect(store.getStream('file'))).rejects.toMatchObject(refusal);
  await expect(store.put('chunks/new', Buffer.from('x'))).rejects.toMatchObject(refusal);
  await expect(store.put('chunks/deep/new', Buffer.from('x'))).rejects.toMatchObject(refusal);
  await expect(store.delete(['chunks/secret'])).rejects.toMatchObject(refusal);
  await expect(store.put('dangling', Buffer.from('x'), { ifAbsent: true })).rejects.toMatchObject({
    code: 'E_STORE_OBJECT_EXISTS',
  });
  await expect(store.put('dangling/x', Buffer.from('x'))).rejects.toThrow();
  expect(await readdir(outside)).toEqual(['secret']);
  expect(await collect(store.list(''))).toEqual([]);
});

test('looks for a symbolic link at each put, also into a folder that it has made (law 8)', async () => {
  const outside = await temporaryFolder();
  const folder = await temporaryFolder();
  const store = await openIn(folder);
  await store.put('chunks/1', Buffer.from('x'));
  await rm(join(folder, 'chunks'), { recursive: true });
  await symlink(outside, join(folder, 'chunks'));
  await expect(store.put('chunks/2', Buffer.from('x'))).rejects.toMatchObject({ code: 'E_STORE_FAILED' });
  expect(await readdir(outside)).toEqual([]);
});

test('makes a folder again that was removed since it was made', async () => {
  const folder = await temporaryFolder();
  const store = await openIn(folder);
  await store.put('chunks/1', Buffer.from('x'));
  await rm(join(folder, 'chunks'), { recursive: true });
  const keys = ['chunks/2', 'chunks/3', 'chunks/4'];
  await Promise.all(keys.map((key) => store.put(key, Buffer.from(key), { ifAbsent: true })));
  for (const key of keys) expect(bytesOf(await store.get(key))).toBe(key);
  await rm(join(folder, 'chunks'), { recursive: true });
  await store.put('chunks/5', Buffer.from('y'));
  expect(await readdir(join(folder, 'chunks'))).toEqual(['5']);
});

test('takes a store folder that is itself a symbolic link', async () => {
  const real = await temporaryFolder();
  const folder = join(await temporaryFolder(), 'link');
  await symlink(real, folder);
  const store = await openIn(folder);
  await store.put('chunks/1', Buffer.from('x'));
  expect(bytesOf(await store.get('chunks/1'))).toBe('x');
});

test('clears what a killed process left more than a day ago, and nothing younger', async () => {
  const folder = await temporaryFolder();
  await openIn(folder);
  const unfinished = join(folder, '.storydredge/unfinished');
  await writeFile(join(unfinished, 'old'), 'half');
  await writeFile(join(unfinished, 'young'), 'half');
  const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600;
  await utimes(join(unfinished, 'old'), twoDaysAgo, twoDaysAgo);
  await openIn(folder);
  expect(await readdir(unfinished)).toEqual(['young']);
});

test('reads a store that nobody prepared as an empty one', async () => {
  const folder = join(await temporaryFolder(), 'never-made');
  const store = await openStore(`file://${folder}`);
  expect(await collect(store.list(''))).toEqual([]);
  expect(await store.head('a')).toBeUndefined();
  await expect(store.get('a')).rejects.toMatchObject({ code: 'E_STORE_OBJECT_MISSING' });
  await store.delete(['a']);
  await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('says what stands in the way of its folder', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'file'), '');
  const store = await openStore(`file://${folder}/file/store`);
  await expect(store.prepare()).rejects.toMatchObject({ code: 'E_STORE_FAILED' });
});

test.runIf(process.getuid?.() !== 0)('says that it may not write', async () => {
  const folder = await temporaryFolder();
  await chmod(folder, 0o500);
  const store = await openStore(`file://${folder}`);
  await expect(store.prepare()).rejects.toMatchObject({ code: 'E_STORE_ACCESS_DENIED' });
});

test.runIf(process.platform === 'linux')('says that the file system has no space left', async () => {
  const { open } = await import('node:fs/promises');
  const full = await open('/dev/full', 'w');
  const refusal: unknown = await full.writeFile('x').catch((error: unknown) => error);
  await full.close();
  expect(explainFileError(refusal, 'write a chunk')).toMatchObject({
    code: 'E_STORE_FULL',
    retryable: false,
  });
});

test.each([
  ['EACCES', 'E_STORE_ACCESS_DENIED', false],
  ['EROFS', 'E_STORE_ACCESS_DENIED', false],
  ['EDQUOT', 'E_STORE_FULL', false],
  ['EMFILE', 'E_STORE_UNREACHABLE', true],
  ['ESTALE', 'E_STORE_UNREACHABLE', true],
  ['EIO', 'E_STORE_FAILED', false],
])('explains %s as %s', (code, expected, retryable) => {
  const refusal = Object.assign(new Error(`${code}: refused`), { code, syscall: 'open' });
  const error = explainFileError(refusal, 'write a chunk');
  expect(error).toMatchObject({ code: expected, retryable, cause: refusal });
  expect(error.hint).not.toBe('');
});
