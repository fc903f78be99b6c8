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

interface RawTable {
  readonly chunks: readonly { readonly number: number; readonly key: string; readonly rows: number }[];
  readonly ranges: readonly {
    readonly lo: unknown;
    readonly hi: unknown;
    readonly base: number;
    readonly patches: readonly { readonly chunk: number; readonly rows: number }[];
  }[];
}

/** By the key of each chunk, the ranges that need it with the rows of it that each uses: read from the raw manifest. */
function rangesByChunk(manifest: string): Map<string, object[]> {
  const { tables } = JSON.parse(manifest) as { tables: readonly RawTable[] };
  const entries = tables.flatMap(({ chunks, ranges }) =>
    chunks.map(({ number, key, rows }) => {
      const held = ranges.flatMap(({ lo, hi, base, patches }) => {
        const slices = patches.filter(({ chunk }) => chunk === number);
        const patched = slices.reduce((sum, slice) => sum + slice.rows, 0);
        return base === number || slices.length > 0
          ? [{ lo, hi, rows: patched + (base === number ? rows : 0) }]
          : [];
      });
      return [key, held] as const;
    }),
  );
  return new Map(entries);
}

const damage = fc.record({
  object: fc.nat(),
  offset: fc.nat(),
  kind: fc.constantFrom('flip', 'insert', 'remove', 'cut', 'delete', 'swap'),
  by: fc.integer({ min: 1, max: 255 }),
});
type Damage = typeof damage extends fc.Arbitrary<infer Value> ? Value : never;

/** What the damage makes of the bytes of an object; undefined: the object is gone. */
function damaged(bytes: Buffer, other: Buffer, { offset, kind, by }: Damage): Buffer | undefined {
  const at = offset % bytes.length;
  const flipped = Buffer.from(bytes);
  flipped[at] = (flipped[at] ?? 0) ^ (1 << (by % 8));
  return {
    flip: () => flipped,
    insert: () => Buffer.concat([bytes.subarray(0, at), Buffer.of(by), bytes.subarray(at)]),
    remove: () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]),
    cut: () => bytes.subarray(0, at),
    delete: () => undefined,
    swap: () => other,
  }[kind]();
}

describe.each(['none', 'gzip', 'zstd'])('random damage to a store with compression %s', (compression) => {
  let sound: string;
  let keys: string[];

  beforeAll(async () => {
    const { store } = await backUpThrice('--compression', compression);
    sound = store;
    keys = [...keysIn(store, 'chunks'), ...keysIn(store, 'manifests')];
  });

  test('is always told of the very objects, with the ranges and rows they held, and of no other', async () => {
    expect((await verifyDeep(sound)).findings).toEqual([]);
    const folder = join(await temporaryFolder(), 'store');
    cpSync(sound, folder, { recursive: true });
    const newest = keys.filter((key) => key.startsWith('manifests/')).at(-1) ?? '';
    const ranges = rangesByChunk(readFileSync(join(sound, newest), 'utf8'));
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
        const changed = new Set<string>();
        for (const one of damages) {
          const key = keys[one.object % keys.length] ?? '';
          const isManifest = key.startsWith('manifests/');
          // A manifest that is gone or another sound one is found by the chain, which has tests of its own.
          const kind = isManifest && ['delete', 'swap'].includes(one.kind) ? 'flip' : one.kind;
          const bytes = readFileSync(join(sound, key));
          const others = [...ranges.keys()].filter((other) => other !== key);
          const other = readFileSync(join(sound, others[one.offset % others.length] ?? ''));
          const made = damaged(bytes, other, { ...one, kind });
          rmSync(join(folder, key), { force: true });
          if (made) writeFileSync(join(folder, key), made);
          changed.add(key);
        }
        try {
          const { status, findings } = await verifyDeep(folder);
          expect(status).toBe('damaged');
          // What the newest manifest names cannot be told where that is damaged itself.
          const isReadable = !changed.has(newest);
          const told = [...changed].filter((key) => isReadable || key.startsWith('manifests/'));
          expect(findings.map(({ object }) => object).sort()).toEqual(told.sort());
          for (const { object, ranges: held } of findings) expect(held).toEqual(ranges.get(object));
        } finally {
          for (const key of changed) writeFileSync(join(folder, key), readFileSync(join(sound, key)));
        }
      }),
      { numRuns: 12 },
    );
  });
});
