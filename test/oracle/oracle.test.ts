import { randomInt } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EmbeddedPostgres } from '../../src/embedded/start-embedded-postgres.ts';
import { startCluster } from '../support/postgres.ts';
import { shorter as profile } from './profile.ts';
import { runOracle, serverSettings, type OracleResult } from './run-oracle.ts';

let server: EmbeddedPostgres;
beforeAll(async () => {
  server = await startCluster(17, { settings: serverSettings });
});

/** Together they meet what a history may meet: see the last test. */
const seeds = [1, 2, 3];

describe('every restore point of a random history restores to what its snapshot saw (law 1)', () => {
  const results: OracleResult[] = [];

  test.each(seeds)('seed %i', { timeout: 600_000 }, async (seed) => {
    results.push(await runOracle({ seed, server, profile }));
  });

  test.each([randomInt(1e9)])('random seed %i', { timeout: 600_000 }, async (seed) => {
    const { points } = await runOracle({ seed, server, profile });
    expect(points).toBeGreaterThan(0);
  });

  test('the fixed histories hold what is to be proved', () => {
    const sum = (name: keyof OracleResult) => results.reduce((total, result) => total + result[name], 0);
    expect(sum('points')).toBeGreaterThanOrEqual(9);
    for (const name of ['killed', 'resumed', 'patchedRanges', 'blockTables', 'alterations'] as const) {
      expect(sum(name), name).toBeGreaterThan(0);
    }
  });
});
