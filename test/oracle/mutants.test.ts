import { rmSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import type { EmbeddedPostgres } from '../../src/embedded/start-embedded-postgres.ts';
import { startCluster } from '../support/postgres.ts';
import { buildMutant, mutants } from './mutants.ts';
import { OracleFailure, runOracle, serverSettings } from './run-oracle.ts';

let server: EmbeddedPostgres;
beforeAll(async () => {
  server = await startCluster(17, { settings: serverSettings });
});

/** A history need not provoke a fault; of so many one does. */
const tries = 6;

test.each(mutants)('the oracle sees $name', { timeout: 600_000 }, async (mutant) => {
  const { folder, binary } = await buildMutant(mutant);
  try {
    const { seed: first = 1 } = mutant;
    for (let seed = first; ; seed++) {
      expect(seed, 'no history brought it to light').toBeLessThan(first + tries);
      const found = await runOracle({ seed, server, binary, profile: mutant.profile, verify: false }).catch(
        (error: unknown) => error,
      );
      if (!(found instanceof Error)) continue;
      expect(found).toBeInstanceOf(OracleFailure);
      // A restore point that is wrong, not a run that fails.
      expect(found.message).toMatch(
        /^seed \d+: (?:backup_manifest_\d+_\d+.json is not its snapshot|restore )/,
      );
      return;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
