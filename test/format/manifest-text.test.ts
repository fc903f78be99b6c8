import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BackupError } from '../../src/core/errors.ts';
import { formatManifest, parseManifest } from '../../src/format/manifest-text.ts';
import { arbitraryManifest } from './arbitrary-manifest.ts';
import { exampleManifest } from './example-manifest.ts';

const golden = new URL('../golden/format/manifest.json', import.meta.url);
const key = 'manifests/backup_manifest_20250527_001234.json';

/** Code of the error that parsing gives; `undefined` when the text is taken. */
function refusalOf(text: Uint8Array): string | undefined {
  try {
    parseManifest(text, key);
    return undefined;
  } catch (error) {
    expect((error as BackupError).message).toContain(key);
    return (error as BackupError).code;
  }
}

/** Any JSON value as a manifest's text with a seal that holds: what whoever can write to the store can make. */
function sealed(json: string): Buffer {
  const body = `${json.trimEnd().replace(/\}$/, '')},`;
  const seal = createHash('sha256').update(body).digest('hex');
  return Buffer.from(`${body}\n"sha256":"${seal}"\n}\n`);
}

test('the text of the example is the golden file: a change of the format is noticed', async () => {
  const text = await readFile(golden);
  expect(formatManifest(exampleManifest()).toString()).toBe(text.toString());
  expect(parseManifest(text, key)).toEqual(exampleManifest());
});

test('one chunk and one range a line', async () => {
  const lines = (await readFile(golden, 'utf8')).split('\n');
  const isEntry = (line: string) => /^\{"(number|lo)":.*\},?$/.test(line);
  expect(lines.filter(isEntry)).toHaveLength(5);
  for (const line of lines.filter(isEntry)) JSON.parse(line.replace(/,$/, ''));
});

test('any manifest comes back as it was (law 1)', () => {
  fc.assert(
    fc.property(arbitraryManifest, (manifest) => {
      const text = formatManifest(manifest);
      expect(parseManifest(text, key)).toEqual(manifest);
      expect(JSON.parse(text.toString())).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
      const larger = Buffer.concat([Buffer.from('xx'), text]);
      expect(parseManifest(new Uint8Array(larger.buffer, larger.byteOffset + 2, text.length), key)).toEqual(
        manifest,
      );
    }),
  );
});

test('the text cut at any byte is refused as damaged (law 8)', () => {
  const text = formatManifest(exampleManifest());
  for (let length = 0; length < text.length; length++) {
    expect(refusalOf(text.subarray(0, length))).toBe('E_MANIFEST_DAMAGED');
  }
});

test('any byte of the text changed is refused as damaged (law 8)', () => {
  const text = formatManifest({ ...exampleManifest(), tables: [] });
  for (let at = 0; at < text.length; at++) {
    for (const flip of [1, 2, 0x20, 0x80]) {
      const changed = Buffer.from(text);
      changed[at] = (changed[at] ?? 0) ^ flip;
      expect([at, flip, refusalOf(changed)]).toEqual([at, flip, 'E_MANIFEST_DAMAGED']);
    }
  }
});

test('bytes changed, left out, doubled or added anywhere in any manifest are refused (law 8)', () => {
  const edit = fc.record({ at: fc.nat(), bytes: fc.uint8Array({ maxLength: 3 }), gone: fc.nat({ max: 3 }) });
  fc.assert(
    fc.property(arbitraryManifest, edit, (manifest, { at, bytes, gone }) => {
      const text = formatManifest(manifest);
      const place = at % (text.length + 1);
      const changed = Buffer.concat([text.subarray(0, place), bytes, text.subarray(place + gone)]);
      fc.pre(!changed.equals(text));
      expect(refusalOf(changed)).toBe('E_MANIFEST_DAMAGED');
    }),
    { numRuns: 300 },
  );
});

test('unknown members are ignored, at every level', () => {
  const member = /\{(?=")/g;
  const json = JSON.stringify(exampleManifest()).replaceAll(member, '{"fromTheFuture":[{"x":null}],');
  expect(json).toContain('fromTheFuture');
  expect(parseManifest(sealed(json), key)).toEqual(exampleManifest());
});

test.each(['2.0', '2', '10.3', '2.0-beta', '999999999.0'])(
  'version %s of the format is newer',
  (formatVersion) => {
    expect(refusalOf(formatManifest({ ...exampleManifest(), formatVersion }))).toBe('E_MANIFEST_VERSION');
    const other = { format: 'storydredge-backup/manifest', formatVersion, built: 'in another way' };
    expect(refusalOf(Buffer.from(JSON.stringify(other)))).toBe('E_MANIFEST_VERSION');
  },
);

test.each(['', '1x', 'x', '0.9', '-1.0', '1e9', ' 1.0', 'Infinity', '\u0661.0'])(
  'version %j of the format is none',
  (formatVersion) => {
    expect(refusalOf(formatManifest({ ...exampleManifest(), formatVersion }))).toBe('E_MANIFEST_DAMAGED');
  },
);

test('a later minor version of the format is read', () => {
  expect(refusalOf(formatManifest({ ...exampleManifest(), formatVersion: '1.99' }))).toBeUndefined();
});

test('the JSON that a reader without this program sees is that of the manifest', () => {
  const { sha256: _sha256, ...seen } = JSON.parse(formatManifest(exampleManifest()).toString()) as Record<
    string,
    unknown
  >;
  expect({ repairs: [], damagedChunks: [], ...seen }).toEqual(exampleManifest());
});
