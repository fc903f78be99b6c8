import { expect, test } from 'vitest';
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
): string[] {
  return checkChain(links, remembered, objectKey).map(({ code, object }) => `${code} ${object}`);
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
