import { beforeAll, describe, expect, test } from 'vitest';
import { startCluster } from '../../support/postgres.ts';
import { plain, scenarios, type Client, type Scenario } from './scenarios.ts';
import { execute, rowsOf, session, shipped, startLineage, type Rows } from './support.ts';

/** What a run left of a scenario's table: the source at that moment, the restore point, and what it cost. */
interface Outcome {
  readonly source: Rows;
  readonly restored: Rows;
  readonly shipped: number;
}

const rounds = Math.max(...scenarios.map(({ rounds }) => rounds('t').length));

const tableOf = (scenario: Scenario) => `t${scenarios.indexOf(scenario)}`;

/**
 * All scenarios side by side, in one server of their own: transactions elsewhere would hold back what is known. After
 * the first run comes one run for each round, and one more that may ship nothing.
 */
async function playAll(): Promise<ReadonlyMap<Scenario, readonly Outcome[]>> {
  const server = await startCluster(17);
  const url = server.url();
  await execute(url, ...scenarios.map((each) => (each.ddl ?? plain)(tableOf(each))));
  const held = new Map<Scenario, [Client, Client]>();
  for (const each of scenarios) held.set(each, [await session(url), await session(url)]);
  const lineage = await startLineage('--table', '*', '--chunk-size', '100');
  const reader = await session(url);
  const outcomes = new Map<Scenario, Outcome[]>(scenarios.map((each) => [each, []]));
  for (let round = 0; round <= rounds + 1; round++) {
    if (round > 0) await change(url, round - 1, held);
    const { result } = await lineage.backup(url);
    for (const [scenario, list] of outcomes) {
      const table = tableOf(scenario);
      const [source, restored] = [await rowsOf(reader, table), lineage.restored(table)];
      list.push({ source, restored, shipped: shipped(result, table) });
    }
  }
  return outcomes;
}

async function change(
  url: string,
  round: number,
  held: ReadonlyMap<Scenario, [Client, Client]>,
): Promise<void> {
  const client = await session(url);
  for (const [scenario, connections] of held) {
    const step = scenario.rounds(tableOf(scenario))[round]?.change;
    if (typeof step === 'string') await client.query(step);
    else await step?.({ client, held: connections });
  }
}

/** Six runs over all tables: more than one test may take on a machine that is busy. */
const playTimeoutMs = 600_000;

let played: ReadonlyMap<Scenario, readonly Outcome[]>;
beforeAll(async () => {
  played = await playAll();
}, playTimeoutMs);

describe('each run finds what changed, ships little more, and has the source at its snapshot (law 1)', () => {
  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (_, scenario) => {
    const outcomes = played.get(scenario) ?? [];
    expect(outcomes).toHaveLength(rounds + 2);
    for (const { source, restored } of outcomes) expect(restored).toEqual(source);
    const limits = scenario.rounds(tableOf(scenario)).map(({ ships }) => ships);
    const costs = outcomes.slice(1).map((outcome) => outcome.shipped);
    expect(
      costs.filter((cost, round) => cost > (limits[round] ?? 0)).map((cost) => ({ cost, costs })),
    ).toEqual([]);
  });
});
