import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseManifest } from '../../src/format/manifest-text.ts';
import type { ChunkEntry, Manifest, RangeEntry } from '../../src/format/manifest.ts';
import type { RepairResult } from '../../src/service/repair/repair-input.ts';
import { createRole } from '../support/postgres.ts';
import { backUp, keysIn, type BackedUp } from '../verify/backed-up.ts';

async function repair(
  { run, store }: BackedUp,
  databaseUrl: string,
  ...args: string[]
): Promise<{ exitCode: number | null; json: RepairResult }> {
  const url = ['--database-url', databaseUrl, '--store', `file://${store}`];
  const { exitCode, stdout, stderr } = await run('repair', ...url, '--json', ...args);
  expect(stdout, stderr).not.toBe('');
  return { exitCode, json: JSON.parse(stdout) as RepairResult };
}

function newest(store: string): Manifest {
  const key = keysIn(store, 'manifests').sort().at(-1) ?? '';
  return parseManifest(readFileSync(join(store, key)), key);
}

/** The ranges of the articles, with the paths of their chunks. */
function rangesOf(
  store: string,
): { readonly range: RangeEntry; readonly base: string; readonly patch: string }[] {
  const [table] = newest(store).tables;
  const keyOf = (number: number | undefined) => {
    const [chunk]: (ChunkEntry | undefined)[] = table?.chunks.filter((one) => one.number === number) ?? [];
    return chunk?.key ?? '';
  };
  return (
    table?.ranges.map((range) => ({
      range,
      base: keyOf(range.base),
      patch: keyOf(range.patches[0]?.chunk),
    })) ?? []
  );
}

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[20] = (bytes[20] ?? 0) ^ 2;
  writeFileSync(path, bytes);
}

const unreachable = 'postgresql://nobody@127.0.0.1:1/nothing';

describe('damaged chunks', () => {
  test('are derived again from the source where it is unchanged; what was changed is read by the next backup', async () => {
    const backedUp = await backUp(60);
    const { backup, database, store, verify } = backedUp;
    await backup();
    await database.client.query(`UPDATE articles SET title = 'changed' WHERE id = 25`);
    await backup();
    const before = rangesOf(store);
    const [first, , third, fourth] = before;
    if (!first || !third || !fourth || third.patch === '') expect.fail('no such ranges');
    rmSync(join(store, first.base));
    flip(join(store, third.patch));
    rmSync(join(store, fourth.base));
    await database.client.query(`UPDATE articles SET title = 'later' WHERE id = 35`);
    const kept = new Map(
      keysOf(store).map((key) => [key, readFileSync(join(store, key)).toString('base64')]),
    );

    // A dry run finds the same, takes no lease, and stores nothing.
    const held = join(store, 'lease.json');
    const lease = { runId: 'run', host: 'host', pid: 1, source: 'source' };
    const times = {
      startedAt: new Date().toISOString(),
      expiresAt: new Date(Date.now() + 3600_000).toISOString(),
    };
    writeFileSync(held, JSON.stringify({ ...lease, ...times }));
    const dry = await repair(backedUp, database.url, '--dry-run');
    rmSync(held);
    expect(new Set(keysOf(store))).toEqual(new Set(kept.keys()));

    const { exitCode, json } = await repair(backedUp, database.url);
    expect(exitCode).toBe(4);
    const { repaired, remaining } = json;
    expect(dry).toMatchObject({
      exitCode: 4,
      json: {
        status: 'incomplete',
        dryRun: true,
        manifest: null,
        chunksWritten: 0,
        repaired: repaired.map((range) => ({ ...range, chunks: [] })),
        remaining,
      },
    });
    expect(json).toMatchObject({
      status: 'incomplete',
      dryRun: false,
      chunksWritten: 2,
      repaired: [
        { table: 'public.articles', hi: ['10'], rows: 10, replaces: [first.base], from: 'source' },
        { table: 'public.articles', hi: ['30'], rows: 10, replaces: [third.patch], from: 'source' },
      ],
      remaining: [
        { hi: ['40'], rows: 10, chunks: [fourth.base], reason: 'its rows were changed in the source since' },
      ],
      findings: [],
    });
    // Objects are immutable (law 5), and the rows are those of the same snapshot.
    for (const [key, bytes] of kept) expect(readFileSync(join(store, key)).toString('base64')).toBe(bytes);
    const manifest = newest(store);
    expect(manifest).toMatchObject({
      compaction: true,
      repairs: [{ hi: ['10'], from: 'source' }, { hi: ['30'] }],
      damagedChunks: [fourth.range.base],
    });
    const facts = ({ range: { lo, hi, rows, digest, versionDigest, asOf } }: (typeof before)[number]) =>
      JSON.stringify([lo, hi, rows, digest, versionDigest, asOf]);
    expect(rangesOf(store).map(facts)).toEqual(before.map(facts));
    const left = await verify(['--deep']);
    expect(left.json.findings.map(({ object }) => object)).toEqual([fourth.base]);

    await backup();
    expect(newest(store)).toMatchObject({ compaction: false, repairs: [], damagedChunks: [] });
    expect((await verify(['--deep', '--against', database.url])).json.findings).toEqual([]);
    expect(await repair(backedUp, database.url)).toMatchObject({
      exitCode: 0,
      json: { status: 'sound', manifest: null, repaired: [], remaining: [] },
    });
  });

  test('are replaced by other chunks of the store that hold the same rows, without a source', async () => {
    const backedUp = await backUp(30);
    const { backup, database, store, verify } = backedUp;
    await backup();
    const older = keysIn(store, 'manifests')[0];
    const [, , lastOfOlder] = rangesOf(store);
    await backup('--full');
    const [first, second, third] = rangesOf(store);
    if (!first || !second || !third || !lastOfOlder) expect.fail('no such ranges');
    rmSync(join(store, first.base));
    flip(join(store, second.base));
    expect(await repair(backedUp, unreachable)).toMatchObject({
      exitCode: 0,
      json: {
        status: 'repaired',
        chunksWritten: 2,
        repaired: [
          { hi: ['10'], replaces: [first.base], from: older },
          { hi: ['20'], replaces: [second.base], from: older },
        ],
      },
    });
    expect((await verify(['--deep'])).json.findings).toEqual([]);

    // Where those are damaged as well, and no source is there, it says so, and commits that once.
    rmSync(join(store, third.base));
    flip(join(store, lastOfOlder.base));
    const reason = expect.stringContaining('the source cannot be asked');
    const { exitCode, json } = await repair(backedUp, unreachable);
    expect(exitCode).toBe(4);
    expect(json).toMatchObject({ repaired: [], remaining: [{ hi: ['30'], reason }] });
    expect(newest(store).damagedChunks).toEqual([third.range.base]);
    // Nor does a source that may not be read end it with an error.
    const stranger = await createRole(database);
    expect((await repair(backedUp, stranger.url)).json).toMatchObject({
      manifest: null,
      remaining: [{ reason: expect.stringContaining('articles') }],
    });

    // The range is unchanged in the source: without the record of the damage, the next run would go on naming its chunk.
    await backup();
    expect((await verify(['--deep'])).json.findings).toEqual([]);
    expect(newest(store).damagedChunks).toEqual([]);
  });
});

function keysOf(store: string): string[] {
  return [...keysIn(store, 'chunks'), ...keysIn(store, 'manifests')];
}
