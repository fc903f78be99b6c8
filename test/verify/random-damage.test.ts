import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { silentReporter } from '../../src/core/events.ts';
import { openStore } from '../../src/store/open-store.ts';
import { runVerify } from '../../src/verify/run.ts';
import { temporaryFolder } from '../support/folder.ts';
import { backUpThrice, keysIn } from './backed-up.ts';

async function verifyDeep(folder: string) {
  const store = await openStore(`file://${folder}`);
  try {
    return await runVerify({
      store,
      at: 'latest',
      deep: true,
      against: undefined,
      tables: undefined,
      checkpointFile: join(folder, 'none.json'),
      maxWorkers: 2,
      reporter: silentReporter,
      signal: new AbortController().signal,
    });
  } finally {
    store.close();
  }
}

describe.each(['none', 'gzip', 'zstd'])('random damage to a store with compression %s', (compression) => {
  let sound: string;
  let keys: string[];

  beforeAll(async () => {
    const { store } = await backUpThrice('--compression', compression);
    sound = store;
    keys = [...keysIn(store, 'chunks'), ...keysIn(store, 'manifests')];
  });

  test('is always found in the very object, and nowhere else', async () => {
    expect((await verifyDeep(sound)).findings).toEqual([]);
    const folder = join(await temporaryFolder(), 'store');
    cpSync(sound, folder, { recursive: true });
    const change = fc.record({
      object: fc.nat(),
      offset: fc.nat(),
      kind: fc.constantFrom('replace', 'insert', 'remove', 'cut'),
      by: fc.integer({ min: 1, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ object, offset, kind, by }) => {
        const key = keys[object % keys.length] ?? '';
        const bytes = readFileSync(join(sound, key));
        const at = offset % bytes.length;
        const changed = {
          replace: () => Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ by : byte))),
          insert: () => Buffer.concat([bytes.subarray(0, at), Buffer.of(by), bytes.subarray(at)]),
          remove: () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]),
          cut: () => bytes.subarray(0, at),
        }[kind]();
        rmSync(join(folder, key));
        writeFileSync(join(folder, key), changed);
        try {
          const { status, findings } = await verifyDeep(folder);
          expect(status).toBe('damaged');
          expect([...new Set(findings.map((finding) => finding.object))]).toEqual([key]);
        } finally {
          writeFileSync(join(folder, key), bytes);
        }
      }),
      { numRuns: 12 },
    );
  });
});
