import { expect, test } from 'vitest';
import { formatProof } from '../../src/format/proof.ts';
import { leaseKey, proofKey, removalKey } from '../../src/format/keys.ts';
import { readLease } from '../../src/repository/lease-content.ts';
import { readNewestProof } from '../../src/repository/proofs.ts';
import { putRemoval, readRemovals } from '../../src/repository/removals.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import type { GetOptions } from '../../src/store/store.ts';

const manifest = { key: 'manifests/backup_manifest_20250101_000000.json', sha256: '0'.repeat(64) };
const removed = { ...manifest, parent: null };
const at = (second: number) => new Date(Date.UTC(2025, 0, 2, 0, 0, second));
const proof = {
  manifest,
  provedAt: at(0),
  restoreSeconds: 1,
  tables: 1,
  rows: 1,
  bytes: 1,
  constraints: 0,
  indexes: 0,
  serverVersion: 150_000,
  program: '1',
  host: 'host',
};

/** Some objects are listed, and gone by the time they are read. */
class LosingStore extends MemoryStore {
  readonly gone = new Set<string>();

  override async get(key: string, options?: GetOptions): Promise<Uint8Array> {
    if (this.gone.has(key)) await super.delete([key]);
    return super.get(key, options);
  }
}

/** A record behind so much white space that nobody should read it. */
const endless = (text: Uint8Array) => Buffer.concat([Buffer.alloc(5 * 1024 * 1024, ' '), text]);

test('a record that is removed while the records are read is none, and so is one of megabytes', async () => {
  const store = new LosingStore();
  await putRemoval(store, [removed]);
  const [first] = await readRemovals(store);
  const text = await store.get(first?.key ?? '');
  await store.put(removalKey(at(1)), text);
  await store.put(removalKey(at(2)), endless(text));
  store.gone.add(removalKey(at(1)));
  expect(await readRemovals(store)).toEqual([first]);

  await store.put(proofKey(manifest.key, at(1)), formatProof(proof));
  await store.put(proofKey(manifest.key, at(2)), formatProof(proof));
  await store.put(proofKey(manifest.key, at(3)), endless(formatProof(proof)));
  store.gone.add(proofKey(manifest.key, at(2)));
  expect(await readNewestProof(store)).toEqual(proof);
});

test('of a lease of megabytes only the beginning is read: it protects nobody', async () => {
  const store = new LosingStore();
  const lease = { runId: 'run', host: 'host', pid: 1, source: 'source', expiresAt: '2099-01-01T00:00:00Z' };
  await store.put(leaseKey, Buffer.from(JSON.stringify(lease)));
  expect(await readLease(store)).toMatchObject({ content: lease });
  await store.put(leaseKey, endless(Buffer.from(JSON.stringify(lease))));
  expect(await readLease(store)).toMatchObject({ content: { runId: 'unknown' } });
  store.gone.add(leaseKey);
  expect(await readLease(store)).toBeUndefined();
});
