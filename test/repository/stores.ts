import { MemoryStore } from '../../src/store/memory-store.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { openS3 } from '../store/s3-fixture.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { S3Server } from '../support/s3-server/server.ts';

export interface StoreKind {
  readonly name: string;
  /** A new, empty store. */
  readonly open: () => Promise<Store>;
  /** Whether a condition on a put is checked in the same step: a folder can only look and then rename. */
  readonly atomic: boolean;
}

/** Every kind of store, as a run opens it. */
export function storeKinds(server: S3Server): StoreKind[] {
  return [
    { name: 'memory', open: async () => new MemoryStore(), atomic: true },
    { name: 'folder', open: openFolder, atomic: false },
    { name: 'S3', open: () => openS3(server), atomic: true },
  ];
}

async function openFolder(): Promise<Store> {
  const store = await openStore(`file://${await temporaryFolder()}/store`);
  await store.prepare();
  return store;
}

export async function textOf(store: Store, key: string): Promise<string> {
  return Buffer.from(await store.get(key)).toString('utf8');
}

export async function keysOf(store: Store, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}
