import type { Bench } from '../bench.ts';
import type { Figure, Findings } from '../results-file.ts';
import type { ScenarioName } from '../scenario-names.ts';
import { full, narrow, zstd } from './backup.ts';
import { fingerprints } from './fingerprints.ts';
import { impact } from './impact.ts';
import { incremental } from './incremental.ts';
import { manifests } from './manifests.ts';
import { patched } from './patched.ts';
import { restore, small, verify } from './restore.ts';
import { s3 } from './s3.ts';
import { scaling } from './scaling.ts';
import { startup } from './startup.ts';

const scenarios: Record<ScenarioName, (bench: Bench) => Promise<Partial<Findings>>> = {
  small: figure(small),
  full: figure(full),
  zstd: figure(zstd),
  s3: figure(s3),
  narrow: figure(narrow),
  restore: figure(restore),
  verify: figure(verify),
  startup: figure(startup),
  impact: async (bench) => ({ impacts: await impact(bench) }),
  incremental: figure(incremental),
  patched: figure(patched),
  fingerprints: async (bench) => ({ fingerprints: await fingerprints(bench) }),
  manifests: async (bench) => ({ series: await manifests(bench) }),
  scaling: async (bench) => ({ series: await scaling(bench) }),
};

export async function runScenario(name: ScenarioName, bench: Bench): Promise<Partial<Findings>> {
  return scenarios[name](bench);
}

function figure(measure: (bench: Bench) => Promise<Figure>): (bench: Bench) => Promise<Partial<Findings>> {
  return async (bench) => ({ figures: [await measure(bench)] });
}
