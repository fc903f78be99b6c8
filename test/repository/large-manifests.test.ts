import { createHash } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { formatManifest } from '../../src/format/manifest-text.ts';
import type { Manifest } from '../../src/format/manifest.ts';
import { commitManifest } from '../../src/repository/commit-manifest.ts';
import { readManifestHeads } from '../../src/repository/manifest-heads.ts';
import { listRestorePoints, readManifest } from '../../src/repository/manifests.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { readChain } from '../../src/verify/read-chain.ts';
import { exampleManifest } from '../format/example-manifest.ts';
import { s3Server } from '../store/s3-fixture.ts';
import { simulatedManifest } from '../support/simulated-manifest.ts';
import { keysOf, storeKinds } from './stores.ts';

const server = await s3Server();
/** 6.5 MB of text. */
const large = simulatedManifest(12_000);
const at = (manifest: Manifest) => (committedAt: Date) => ({
  ...manifest,
  committedAt: committedAt.toISOString(),
});
/** Of all tables: quicker to compare than a million values. */
const textOf = ({ tables }: Manifest) =>
  JSON.stringify(tables.map(({ name, chunks, ranges }) => [name, ...chunks, ...ranges]));
const signal = new AbortController().signal;

describe.each(storeKinds(server))('in a store of kind $name', ({ open }) => {
  test('a large manifest is stored compressed under the same name, and read like any other', async () => {
    const store = await open();
    const small = await commitManifest(store, at(exampleManifest()), undefined);
    const [parent] = await listRestorePoints(store);
    const { reference, bytes, manifest } = await commitManifest(
      store,
      at({ ...large, parent: small.reference }),
      parent?.committedAt,
    );
    const stored = await store.get(reference.key);
    const text = formatManifest(manifest);
    expect(zstdDecompressSync(stored).equals(text)).toBe(true);
    expect([bytes, reference.sha256]).toEqual([
      stored.length,
      createHash('sha256').update(stored).digest('hex'),
    ]);
    expect(bytes).toBeLessThan(text.length / 3);
    expect(reference.key).toMatch(/^manifests\/backup_manifest_\d{8}_\d{6}\.json$/);

    const points = await listRestorePoints(store);
    expect(textOf((await readManifest(store, reference.key)).manifest)).toBe(textOf(manifest));
    const heads = await readManifestHeads(store, points);
    expect(heads.map(({ head }) => head?.runId)).toEqual([exampleManifest().runId, large.runId]);
    const chain = await readChain(store, points, points[1], signal);
    expect(chain.manifest?.tables[0]?.ranges).toHaveLength(12_000);
    const sealed = await readChain(store, points, points[0], signal);
    expect(sealed.links).toEqual(chain.links);
    expect(chain.links[1]).toMatchObject({
      sha256: reference.sha256,
      parent: small.reference,
      problem: undefined,
    });
  });
});

test('a large and a small manifest of one second cannot both be committed (law 5)', async () => {
  const store = new MemoryStore();
  const after = new Date(Date.now() + 86_400_000);
  const [first, second] = await Promise.all([
    commitManifest(store, at(large), after),
    commitManifest(store, at(exampleManifest()), after),
  ]);
  const times = (await listRestorePoints(store)).map(({ committedAt }) => committedAt.toISOString());
  expect(times).toEqual([first.manifest.committedAt, second.manifest.committedAt].sort());
  expect(new Set(times).size).toBe(2);
});

test('a large manifest that no reader would take is not put, and leaves no file behind (law 2)', async () => {
  const store = new MemoryStore();
  const wrong = { ...large, lastChunkNumber: 11_999 };
  await expect(commitManifest(store, at(wrong), undefined)).rejects.toThrow('cannot be read');
  const reason = new Error('stop');
  await expect(commitManifest(store, at(large), undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(await keysOf(store)).toEqual([]);
});

test('where no temporary file can be written, a large manifest is committed all the same', async () => {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = '/dev/null/none';
  try {
    const store = new MemoryStore();
    const { reference, bytes } = await commitManifest(store, at(large), undefined);
    const stored = await store.get(reference.key);
    expect([stored.length, createHash('sha256').update(stored).digest('hex')]).toEqual([
      bytes,
      reference.sha256,
    ]);
    expect(textOf((await readManifest(store, reference.key)).manifest)).toBe(textOf(large));
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
});

/** A store with one manifest of these bytes. */
async function storeOf(body: Uint8Array): Promise<{ store: Store; key: string }> {
  const store = new MemoryStore();
  const key = 'manifests/backup_manifest_20250527_001234.json';
  await store.put(key, body);
  return { store, key };
}

async function everyReader(body: Uint8Array): Promise<string[]> {
  const { store, key } = await storeOf(body);
  const points = await listRestorePoints(store);
  const whole = await readManifest(store, key).then(() => '', String);
  const [head] = await readManifestHeads(store, points);
  const chain = await readChain(store, points, undefined, signal);
  expect(chain.links[0]?.sha256).toBe(createHash('sha256').update(body).digest('hex'));
  return [whole, head?.problem ?? '', chain.links[0]?.problem?.detail ?? ''];
}

const packed = zstdCompressSync(formatManifest(large));

test.each<[string, () => Uint8Array, boolean]>([
  ['cut off in its frame', () => packed.subarray(0, packed.length - 1000), true],
  ['cut off in its first block', () => packed.subarray(0, 100), false],
  ['cut off in its first bytes', () => packed.subarray(0, 5), false],
  ['with a byte flipped', () => packed.map((byte, index) => (index === 1_000_000 ? byte ^ 1 : byte)), true],
  ['that is a bomb of spaces', () => zstdCompressSync(Buffer.alloc(80 * 1024 * 1024, ' ')), false],
  ['that is empty', () => zstdCompressSync(Buffer.alloc(0)), false],
])('a compressed manifest %s is refused as damage by every reader (law 8)', async (_, body, hasHead) => {
  const [whole, head, chain] = await everyReader(body());
  expect(whole).toMatch(/E_MANIFEST_DAMAGED|is damaged/);
  expect(chain).toContain('is damaged');
  if (hasHead) expect(head).toBe('');
  else expect(head).toContain('is damaged');
});
