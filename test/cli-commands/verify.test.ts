import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { backUpThrice, changeObject, flipBit, keysIn, type BackedUp } from '../verify/backed-up.ts';

let setup: BackedUp;
let chunks: string[];
let manifests: string[];

beforeAll(async () => {
  setup = await backUpThrice();
  chunks = keysIn(setup.store, 'chunks');
  manifests = keysIn(setup.store, 'manifests');
});

const middle = (bytes: Buffer) => flipBit(bytes, Math.floor(bytes.length / 2));

async function damaged(damage: (store: string) => void, ...args: string[]) {
  const store = await setup.copy();
  damage(store);
  const result = await setup.verify(args, { store });
  expect(result.exitCode).toBe(result.json.status === 'ok' ? 0 : 4);
  return result.json;
}

const codesOf = (json: { findings: readonly { code: string; object: string }[] }) =>
  json.findings.map(({ code, object }) => `${code} ${object}`);

describe('a sound store', () => {
  test('is ok, with its figures', async () => {
    const { exitCode, json } = await setup.verify();
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({
      status: 'ok',
      manifest: manifests[2],
      findings: [],
      manifestsChecked: 3,
      rows: 65,
      chunks: 8,
      checksumsCompared: 0,
      rangesCompared: null,
    });
  });

  test.each([0, 1, 2])('is ok down to its last row at restore point %i', async (index) => {
    const { exitCode, json } = await setup.verify(['--deep', '--at', manifests[index] ?? '']);
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({ status: 'ok', findings: [], manifest: manifests[index] });
    expect(json.checksumsCompared).toBe(json.chunks);
  });

  test('prints a line for people, and keeps a log', async () => {
    const { exitCode, stdout } = await setup.run('verify', '--store', `file://${setup.store}`, '--deep');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^✅ Sound: manifests\/backup_manifest_\S+ \(3 manifests, 1 table, 65 rows, 8 chunks/,
    );
  });
});

describe('damage to chunks', () => {
  test('a missing chunk is told with the rows it held, and all others are still looked at', async () => {
    const [first = '', second = ''] = chunks;
    const json = await damaged((store) => {
      rmSync(join(store, first));
      rmSync(join(store, second));
    });
    expect(codesOf(json)).toEqual([`CHUNK_MISSING ${first}`, `CHUNK_MISSING ${second}`]);
    expect(json.findings[0]).toMatchObject({
      table: 'public.articles',
      ranges: [{ rows: 10 }],
    });
    expect(json.findings[1]?.detail).toMatch(/it held 10 rows of public\.articles, range \(\S+, \d+\]$/);
  });

  test('a truncated chunk is found by its size', async () => {
    const key = chunks[3] ?? '';
    const json = await damaged((store) => changeObject(store, key, (bytes) => bytes.subarray(0, -1)));
    expect(codesOf(json)).toEqual([`CHUNK_SIZE ${key}`]);
  });

  test('a flipped bit in any chunk is found by --deep, once each', async () => {
    const json = await damaged((store) => {
      for (const key of chunks) changeObject(store, key, middle);
    }, '--deep');
    expect(codesOf(json).sort()).toEqual(chunks.map((key) => `CHUNK_DAMAGED ${key}`));
    const patch = json.findings.find(({ object }) => object === chunks.at(-1));
    expect(patch?.ranges).toEqual([
      { lo: ['10'], hi: ['20'], rows: 1 },
      { lo: ['30'], hi: ['40'], rows: 1 },
    ]);
  });

  test('two chunks that were swapped are both damaged', async () => {
    const [first = '', second = ''] = chunks;
    const json = await damaged((store) => {
      copyFileSync(join(store, first), join(store, 'kept'));
      copyFileSync(join(store, second), join(store, first));
      copyFileSync(join(store, 'kept'), join(store, second));
    }, '--deep');
    expect(new Set(json.findings.map(({ object }) => object))).toEqual(new Set([first, second]));
  });

  test('chunks that the restore point does not need are not its damage', async () => {
    const json = await damaged(
      (store) => changeObject(store, chunks.at(-1) ?? '', middle),
      '--deep',
      '--at',
      manifests[0] ?? '',
    );
    expect(json.status).toBe('ok');
  });
});

describe('damage to manifests', () => {
  test.each([0, 1, 2])('a flipped bit in manifest %i is told by its key', async (index) => {
    const key = manifests[index] ?? '';
    const json = await damaged((store) => changeObject(store, key, middle));
    expect(codesOf(json)).toEqual([`MANIFEST_DAMAGED ${key}`]);
  });

  test('a manifest that was edited and sealed again breaks the chain', async () => {
    const key = manifests[1] ?? '';
    const edited = await damaged((store) =>
      changeObject(store, key, (bytes) => sealAgain(bytes, '"retries":0', '"retries":1')),
    );
    expect(codesOf(edited)).toEqual([`MANIFEST_CHANGED ${key}`]);
  });

  test('the newest manifest, edited and sealed again, contradicts its own digests, or the checkpoint', async () => {
    const key = manifests[2] ?? '';
    const otherDigest = (_: string, before: string, digit: string) => before + (digit === '0' ? '1' : '0');
    const json = await damaged((store) =>
      changeObject(store, key, (bytes) => sealAgain(bytes, /("rows":65,"digest":")(.)/, otherDigest)),
    );
    expect(codesOf(json)).toEqual([`MANIFEST_DAMAGED ${key}`]);
    const store = await setup.copy();
    changeObject(store, key, (bytes) => sealAgain(bytes, '"retries":0', '"retries":1'));
    const checkpoint = checkpointFor(store);
    const known = await setup.verify([], { store, checkpoint });
    expect(known.exitCode).toBe(4);
    expect(codesOf(known.json)).toEqual([`MANIFEST_CHANGED ${key}`]);
  });

  test('a missing parent is told once', async () => {
    const json = await damaged((store) => rmSync(join(store, manifests[1] ?? '')));
    expect(codesOf(json)).toEqual([`MANIFEST_MISSING ${manifests[1]}`]);
  });

  test('a missing root is told', async () => {
    const json = await damaged((store) => rmSync(join(store, manifests[0] ?? '')));
    expect(codesOf(json)).toEqual([`MANIFEST_MISSING ${manifests[0]}`]);
  });

  test('a newest manifest that went back behind the one the checkpoint remembers is a rollback', async () => {
    const store = await setup.copy();
    rmSync(join(store, manifests[2] ?? ''));
    const { exitCode, json } = await setup.verify([], { store, checkpoint: checkpointFor(store) });
    expect(exitCode).toBe(4);
    expect(codesOf(json)).toEqual([`MANIFEST_ROLLED_BACK ${manifests[2]}`]);
    const unknown = await setup.verify([], { store });
    expect(unknown.json.status).toBe('ok');
  });

  test('a store that lost all its manifests is damaged where the checkpoint knows better, else empty', async () => {
    const store = await setup.copy();
    rmSync(join(store, 'manifests'), { recursive: true });
    const known = await setup.verify([], { store, checkpoint: checkpointFor(store) });
    expect(known.exitCode).toBe(4);
    expect(codesOf(known.json)).toEqual([`MANIFEST_ROLLED_BACK ${manifests[2]}`]);
    const { exitCode, stdout } = await setup.run(
      'verify',
      '--store',
      `file://${store}`,
      '--json',
      '--checkpoint-file',
      'none.json',
    );
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', error: { code: 'E_MANIFEST_NOT_FOUND' } });
  });

  test('a second root cuts the older ones off', async () => {
    const json = await damaged((store) =>
      changeObject(store, manifests[2] ?? '', (bytes) =>
        sealAgain(bytes, /"parent":\{[^}]*\}/, '"parent":null'),
      ),
    );
    expect(codesOf(json)).toEqual([`MANIFEST_NOT_IN_CHAIN ${manifests[1]}`]);
  });
});

describe('a range that its chunks do not make', () => {
  test('is found by --deep, though every chunk is sound', async () => {
    const key = manifests[2] ?? '';
    const json = await damaged((store) => {
      changeObject(store, key, (bytes) => {
        // Another row of the same patch chunk in each of the two patched ranges.
        const swapped = bytes
          .toString()
          .replaceAll(/"first":([01]),"rows":1/g, (_, first) => `"first":${1 - Number(first)},"rows":1`);
        return seal(swapped);
      });
    }, '--deep');
    expect(new Set(json.findings.map(({ code }) => code))).toEqual(new Set(['RANGE_DIGEST']));
    expect(json.findings.map(({ ranges }) => ranges?.[0]?.lo)).toEqual([['10'], ['30']]);
    expect(json.findings[0]).toMatchObject({ object: key, rowsExpected: 10, rowsFound: 11 });
  });
});

/** The checkpoint that the backups left, as of another copy of the store. */
function checkpointFor(store: string): string {
  const text = readFileSync(join(setup.folder, 'logs/db_backup_checkpoint.json'), 'utf8');
  const path = `${store}.checkpoint.json`;
  writeFileSync(path, text.replace(`file://${setup.store}`, `file://${store}`));
  return path;
}

function sealAgain(
  bytes: Buffer,
  from: string | RegExp,
  to: string | ((match: string, ...groups: string[]) => string),
): Buffer {
  return seal(
    typeof to === 'string' ? bytes.toString().replace(from, to) : bytes.toString().replace(from, to),
  );
}

/** Closes a manifest's text with the right SHA-256, as one who tampers with it would. */
function seal(text: string): Buffer {
  const body = text.slice(0, text.lastIndexOf('\n"sha256":'));
  const sha256 = createHash('sha256').update(body).digest('hex');
  return Buffer.from(`${body}\n"sha256":"${sha256}"\n}\n`);
}
