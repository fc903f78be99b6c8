import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { Sample } from '../../src/verify/sample.ts';
import { backUpThrice, changeObject, flipBit, keysIn, type BackedUp, type VerifyJson } from './backed-up.ts';

describe('a sample', () => {
  const chosen = (count: number, share: number) => {
    const sample = new Sample(count, share);
    return Array.from({ length: count }, (_, index) => index).filter((index) => sample.has(index));
  };

  test('has one at least, and all with 100 %', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (count, share) => {
          expect(chosen(count, share).length).toBeGreaterThan(0);
          expect(chosen(count, 1)).toHaveLength(count);
        },
      ),
    );
    expect(chosen(0, 0.5)).toEqual([]);
  });

  test('is another each time, of about the share', () => {
    const samples = Array.from({ length: 50 }, () => chosen(1000, 0.1));
    const sizes = samples.map((sample) => sample.length);
    expect(sizes.reduce((sum, size) => sum + size, 0) / 50).toBeGreaterThan(80);
    expect(sizes.reduce((sum, size) => sum + size, 0) / 50).toBeLessThan(125);
    expect(new Set(samples.flat()).size).toBeGreaterThan(950);
  });
});

describe('verify --sample', () => {
  let setup: BackedUp;
  beforeAll(async () => {
    setup = await backUpThrice();
  });
  interface Sampled extends VerifyJson {
    readonly rangesDecoded: number;
    readonly ranges: number;
  }

  test('decodes some ranges; over many times it finds what is damaged', async () => {
    const store = await setup.copy();
    const { exitCode, json } = await setup.verify(['--sample', '10%'], { store });
    expect(exitCode).toBe(0);
    const { rangesDecoded, ranges } = json as Sampled;
    expect(ranges).toBe(7);
    expect(rangesDecoded).toBeGreaterThan(0);
    const [chunk = ''] = keysIn(store, 'chunks');
    changeObject(store, chunk, (bytes) => flipBit(bytes, 100));
    const whole = await setup.verify(['--sample', '100%'], { store });
    expect(whole.exitCode).toBe(4);
    expect(whole.json.findings.map(({ object }) => object)).toEqual([chunk]);
  });

  test.each(['0.5', '101%', '-1%', 'x%'])('%s is no share', async (share) => {
    const { exitCode } = await setup.run('verify', '--store', `file://${setup.store}`, `--sample=${share}`);
    expect(exitCode).toBe(2);
  });
});
