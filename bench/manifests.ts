/**
 * What manifests of many ranges cost: `node bench/manifests.ts [ranges ...]` (10,000, 100,000 and 1,000,000). Each is
 * simulated, with a chunk for each range, in a folder of its own. Every step is a process of its own, whose processor time and
 * largest memory are told; what Node itself takes is the step `nothing`. The scenario `manifests` of the benchmark runs them, too.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { planTable, type PlanInput } from '../src/backup/plan-table.ts';
import { TableShipment } from '../src/backup/shipment.ts';
import { keepHeapSmall } from '../src/core/small-heap.ts';
import { chunksByNumber } from '../src/format/chunk-lookup.ts';
import { commitManifest } from '../src/repository/commit-manifest.ts';
import { readManifestHeads } from '../src/repository/manifest-heads.ts';
import { listRestorePoints, readManifest } from '../src/repository/manifests.ts';
import { NamedObjects } from '../src/retention/prune/named-objects.ts';
import type { RangeStrategy } from '../src/ranges/strategy.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import type { Bounds } from '../src/ranges/range-source.ts';
import type { ManifestTable } from '../src/format/manifest.ts';
import { simulatedManifest } from '../test/support/simulated-manifest.ts';

/** What a step is measured to be, as it prints it. */
interface Figures {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  readonly result: string;
}

const steps: Readonly<Record<string, (store: Store, ranges: number) => Promise<string>>> = {
  nothing: async () => '',
  write: async (store, ranges) => {
    const manifest = simulatedManifest(ranges);
    const before = cpuSeconds();
    const { bytes } = await commitManifest(store, at(manifest), undefined);
    return `${(bytes / 1e6).toFixed(1)} MB stored, ${(cpuSeconds() - before).toFixed(1)} s of it to commit`;
  },
  'first run: plan, write': async (store, ranges) => {
    const { tables, ...rest } = simulatedManifest(ranges);
    const made = await Promise.all(tables.map(firstPlanned));
    const { bytes } = await commitManifest(store, at({ ...rest, tables: made }), undefined);
    return `${(bytes / 1e6).toFixed(1)} MB stored`;
  },
  list: async (store) => {
    const heads = await readManifestHeads(store, await listRestorePoints(store));
    return `${heads[0]?.head?.statistics.rows} rows`;
  },
  read: async (store) => {
    const { manifest } = await readManifest(store, await newest(store));
    return `${manifest.tables[0]?.ranges.length} ranges`;
  },
  'read, plan, write': async (store) => {
    const key = await newest(store);
    const { manifest, reference } = await readManifest(store, key);
    const tables = await Promise.all(manifest.tables.map(planned));
    const next = { ...manifest, parent: reference, tables };
    const { bytes } = await commitManifest(store, at(next), new Date(Date.now() + 60_000));
    return `${(bytes / 1e6).toFixed(1)} MB stored`;
  },
  'prune: mark': async (store) => {
    const named = new NamedObjects(store, new AbortController().signal);
    for (const { key } of await listRestorePoints(store)) {
      const problem = await named.add(key);
      if (problem !== undefined) throw new Error(problem);
    }
    return `all manifests, ${named.hasChunk(1) ? 'chunk 1 stays' : 'nothing stays'}`;
  },
};

const at = (manifest: ReturnType<typeof simulatedManifest>) => (committedAt: Date) => ({
  ...manifest,
  committedAt: committedAt.toISOString(),
});

async function newest(store: Store): Promise<string> {
  return (await listRestorePoints(store)).at(-1)?.key ?? '';
}

/** A table that did not change, as the next run plans it and writes it down. */
async function planned(table: ManifestTable): Promise<ManifestTable> {
  const plan = await planTable(inputOf(table, []));
  return new TableShipment(plan, xmin).toManifestTable();
}

/** A table of which nothing is known: every range is new, and gets a chunk. */
async function firstPlanned(table: ManifestTable): Promise<ManifestTable> {
  const plan = await planTable({ ...inputOf(table, table.ranges), known: [], chunks: new Map() });
  const shipment = new TableShipment(plan, xmin);
  const chunks = table.chunks[Symbol.iterator]();
  for (const { lo, hi, scan, position } of plan.steps.changed) {
    const chunk = chunks.next().value;
    if (!chunk) throw new Error('the simulated table has fewer chunks than ranges');
    shipment.wrote(chunk);
    const { rows, keyDigest, versionDigest } = scan;
    const facts = { lo, hi, rows, keyDigest, versionDigest, asOf: xmin, digest: chunk.digest };
    shipment.finish({ position }, [{ ...facts, base: chunk.number, patches: [], recent: [] }]);
  }
  return shipment.toManifestTable();
}

const xmin = '4294970000';

/** @param cuts what new rows are cut into */
function inputOf(table: ManifestTable, cuts: Iterable<Bounds>): PlanInput {
  const ranges = table.ranges[Symbol.iterator]();
  const next = cuts[Symbol.iterator]();
  const cut: RangeStrategy['cut'] = async (_interval, _chunkSize, _rows, most = Infinity) => {
    const taken: Bounds[] = [];
    for (let bounds = next.next(); !bounds.done; bounds = next.next()) {
      taken.push({ lo: bounds.value.lo, hi: bounds.value.hi });
      if (taken.length === most) break;
    }
    return taken;
  };
  const strategy: Pick<RangeStrategy, 'cut' | 'scan' | 'listChanged'> = {
    cut,
    scan: async (bounds) =>
      bounds.map(() => {
        const { rows = 0, keyDigest = '', versionDigest = '' } = ranges.next().value ?? {};
        return { rows, keyDigest, versionDigest, changed: 0, recent: 0 };
      }),
    listChanged: async () => [],
  };
  const input: Partial<PlanInput> = {
    ...table,
    definition: table,
    strategy: strategy as RangeStrategy,
    snapshotXmin: xmin,
    known: table.ranges,
    chunks: chunksByNumber(table.chunks),
    isCurrent: () => true,
    chunkSize: 1000,
    chunkBytes: 1 << 24,
    rowBytes: 3000,
  };
  return input as PlanInput;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function runStep(name: string, folder: string, ranges: number): Promise<Figures> {
  const store = await openStore(`file://${folder}`);
  await store.prepare();
  const [startedAt, before] = [performance.now(), cpuSeconds()];
  const result = (await steps[name]?.(store, ranges)) ?? 'no such step';
  const figures: Figures = {
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: cpuSeconds() - before,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    result,
  };
  store.close();
  return figures;
}

function measure(ranges: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'manifests-'));
  try {
    for (const name of Object.keys(steps)) {
      const args = [fileURLToPath(import.meta.url), '--step', name, folder, String(ranges)];
      const figures = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Figures;
      const { cpuSeconds: processor, peakRssBytes, result } = figures;
      const cells = [
        ranges.toLocaleString('en-US'),
        name,
        processor.toFixed(2),
        (peakRssBytes / 1e6).toFixed(0),
        result,
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// As the program does; what it is made of is loaded by now, which it would be later there.
keepHeapSmall();

const [first, step = '', folder = '', size = '0'] = process.argv.slice(2);
if (first === '--step') console.log(JSON.stringify(await runStep(step, folder, Number(size))));
else {
  const sizes = process.argv.slice(2).map(Number);
  console.log('| ranges | step | processor seconds | peak MB | |\n|---|---|---|---|---|');
  for (const ranges of sizes.length > 0 ? sizes : [10_000, 100_000, 1_000_000]) measure(ranges);
}
