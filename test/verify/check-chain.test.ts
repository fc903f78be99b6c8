import { describe, expect, test } from 'vitest';
import type { RemovedManifest } from '../../src/format/removal.ts';
import { checkChain, type ChainLink } from '../../src/verify/check-chain.ts';

const objectKey = (key: string) => `prefix/${key}`;

/** `count` manifests, each the parent of the next; `changes` by index. */
function chain(count: number, changes: Record<number, Partial<ChainLink>> = {}): ChainLink[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `m${index}`,
    committedAt: new Date(index * 1000),
    bytes: 1,
    sha256: `s${index}`,
    parent: index === 0 ? null : { key: `m${index - 1}`, sha256: `s${index - 1}` },
    problem: undefined,
    ...changes[index],
  }));
}

const damage: Partial<ChainLink> = {
  sha256: 'other',
  parent: undefined,
  problem: { code: 'MANIFEST_DAMAGED', detail: 'no JSON' },
};

function found(
  links: readonly ChainLink[],
  remembered: { key: string; sha256: string } | null = null,
  removed: readonly RemovedManifest[] = [],
): string[] {
  return checkChain(links, remembered, objectKey, removed).map(({ code, object }) => `${code} ${object}`);
}

test('a whole chain has no findings', () => {
  expect(found([])).toEqual([]);
  expect(found(chain(1))).toEqual([]);
  expect(found(chain(5), { key: 'm4', sha256: 's4' })).toEqual([]);
});

test('the remembered head may be behind, as after runs of another host', () => {
  expect(found(chain(5), { key: 'm2', sha256: 's2' })).toEqual([]);
});

test('a damaged manifest is told once, not again by its neighbours', () => {
  expect(found(chain(5, { 2: damage }))).toEqual(['MANIFEST_DAMAGED prefix/m2']);
  expect(found(chain(5, { 4: damage }), { key: 'm4', sha256: 's4' })).toEqual(['MANIFEST_DAMAGED prefix/m4']);
});

test('a replaced manifest is told by the SHA-256 that its child names', () => {
  expect(found(chain(5, { 2: { sha256: 'other' } }))).toEqual(['MANIFEST_CHANGED prefix/m2']);
});

test('parents that go round in a circle end, and are told', () => {
  const parentOf = (key: string) => ({ parent: { key, sha256: 'wrong' } });
  expect(found(chain(3, { 0: parentOf('m2') }))).toEqual(['MANIFEST_CHANGED prefix/m2']);
  expect(found(chain(2, { 1: parentOf('m1') }))).toContain('MANIFEST_CHANGED prefix/m1');
});

test('every break is told', () => {
  const links = chain(7, { 1: { sha256: 'other' } }).filter(({ key }) => key !== 'm3' && key !== 'm5');
  expect(found(links)).toEqual([
    'MANIFEST_CHANGED prefix/m1',
    'MANIFEST_MISSING prefix/m3',
    'MANIFEST_MISSING prefix/m5',
  ]);
});

test('a fork leaves a manifest outside of the chain', () => {
  expect(found(chain(4, { 3: { parent: { key: 'm1', sha256: 's1' } } }))).toEqual([
    'MANIFEST_NOT_IN_CHAIN prefix/m2',
  ]);
});

test('what the checkpoint remembers must be there, as it was', () => {
  expect(found(chain(3), { key: 'm3', sha256: 's3' })).toEqual(['MANIFEST_ROLLED_BACK prefix/m3']);
  expect(found([], { key: 'm3', sha256: 's3' })).toEqual(['MANIFEST_ROLLED_BACK prefix/m3']);
  expect(found(chain(3), { key: 'm0a', sha256: 's' })).toEqual(['MANIFEST_MISSING prefix/m0a']);
  expect(found(chain(3), { key: 'm2', sha256: 'other' })).toEqual(['MANIFEST_CHANGED prefix/m2']);
});

describe('over the gaps that retention left', () => {
  const all = chain(7);
  const recordOf = (...indexes: number[]): RemovedManifest[] =>
    all
      .filter((_, index) => indexes.includes(index))
      .map(({ key, sha256, parent }) => ({ key, sha256, parent }));
  const without = (...indexes: number[]) => all.filter((_, index) => !indexes.includes(index));

  test('the records carry the chain on', () => {
    expect(found(without(1, 3, 4), null, recordOf(1, 3, 4))).toEqual([]);
  });

  test('a manifest of which there is no record is missing', () => {
    expect(found(without(1, 3, 4), null, recordOf(1, 4))).toEqual(['MANIFEST_MISSING prefix/m3']);
    expect(found(without(4), null, [])).toEqual(['MANIFEST_MISSING prefix/m4']);
  });

  test('what a record tells is held against what the next manifest names', () => {
    const [wrong] = recordOf(3);
    if (!wrong) throw new Error('there is no such record');
    expect(found(without(3), null, [{ ...wrong, sha256: 'other' }])).toEqual(['MANIFEST_CHANGED prefix/m3']);
    const links = without(3).map((link) => (link.key === 'm2' ? { ...link, sha256: 'other' } : link));
    expect(found(links, null, recordOf(3))).toEqual(['MANIFEST_CHANGED prefix/m2']);
  });

  test('records of what is older than all that is left may be gone themselves', () => {
    expect(found(without(0, 1, 2), null, recordOf(2))).toEqual([]);
    expect(found(without(0, 1, 2), null, [])).toEqual(['MANIFEST_MISSING prefix/m2']);
  });

  test('a manifest that is there is no removed one, and one that went meanwhile is', () => {
    expect(found(all, null, recordOf(2, 3))).toEqual([]);
    const gone = chain(7, { 3: { ...damage, isGone: true } });
    expect(found(gone, null, recordOf(3))).toEqual([]);
    expect(found(gone)).toEqual(['MANIFEST_DAMAGED prefix/m3']);
  });

  test('the head that is remembered may have been removed, but never the newest (law 6)', () => {
    const [six] = recordOf(6);
    expect(found(without(3), { key: 'm3', sha256: 's3' }, recordOf(3))).toEqual([]);
    expect(found(without(6), { key: 'm6', sha256: 's6' }, recordOf(6))).toEqual([
      'MANIFEST_ROLLED_BACK prefix/m6',
    ]);
    const damaged = { key: 'm6', sha256: 's6', parent: undefined };
    expect(six && found(without(6), { key: 'm6', sha256: 's6' }, [damaged])).toEqual([]);
  });
});
