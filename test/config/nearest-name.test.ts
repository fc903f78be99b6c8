import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearestName } from '../../src/config/nearest-name.ts';
import { keyOf, optionNames } from '../../src/config/options.ts';

const keys = optionNames.map(keyOf);

test.each([
  ['chunksize', 'chunk-size'],
  ['max-worker', 'max-workers'],
  ['sotre', 'store'],
  ['MAX_WORKERS', 'max-workers'],
  ['zzzzzz', undefined],
  ['x', undefined],
])('the name nearest to %s is %s', (typed, name) => expect(nearestName(typed, keys)).toBe(name));

test('a name is nearest to itself', () => {
  for (const key of keys) expect(nearestName(key, keys)).toBe(key);
});

test('one wrong letter in a long name is forgiven', () => {
  const long = keys.filter((key) => key.length >= 8);
  fc.assert(
    fc.property(
      fc.constantFrom(...long),
      fc.nat(),
      fc.constantFrom('', 'q', 'zz'),
      (key, position, letters) => {
        const at = position % key.length;
        expect(nearestName(key.slice(0, at) + letters + key.slice(at + 1), keys)).toBe(key);
      },
    ),
  );
});
