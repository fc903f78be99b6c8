/** What a manifest costs by the number of its ranges, simulated with a chunk each. */
import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { measureInTurn, type Bench, type Side } from '../bench.ts';
import type { Series } from '../results-file.ts';
import type { Run } from '../shell.ts';

const program = fileURLToPath(new URL('../manifests.ts', import.meta.url));
const sizes = [10_000, 100_000, 1_000_000];
const quickSizes = [1000, 10_000];

/** Each needs what those before it have left in the store. */
const steps = {
  'first run': 'first run: plan, write',
  read: 'read',
  unchanged: 'read, plan, write',
  prune: 'prune: mark',
} as const;

export async function manifests(bench: Bench): Promise<Series[]> {
  const points = (bench.settings.quick ? quickSizes : sizes).map((x) => ({ x, sides: sidesOf(bench, x) }));
  const { sides } = await measureInTurn(
    bench,
    points.flatMap((point) => point.sides),
  );
  const each = Object.keys(steps).length;
  const taken = points.map(({ x }, index) => ({ x, sides: sides.slice(index * each, (index + 1) * each) }));
  await bench.workshop.remove('manifests');
  const title = 'Ranges of one manifest, simulated';
  console.log(`  ${title}: ${taken.map(({ x }) => x.toLocaleString('en-US')).join(', ')}`);
  return [{ key: 'manifests', title, axis: 'ranges', points: taken }];
}

function sidesOf({ workshop }: Bench, ranges: number): Side[] {
  const folder = workshop.path(`manifests/${ranges}`);
  return Object.entries(steps).map(([key, step]) => ({
    key,
    label: `${step}, ${ranges.toLocaleString('en-US')} ranges`,
    prepare: async () => {
      if (key !== 'first run') return;
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
    },
    run: async () => {
      const args = [program, '--step', step, folder, String(ranges)];
      const { stdout } = await promisify(execFile)(process.execPath, args, { signal: workshop.signal });
      return JSON.parse(stdout) as Run;
    },
  }));
}
