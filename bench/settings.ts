import { parseArgs } from 'node:util';
import { isScenarioName, scenarioNames, usualScenarios, type ScenarioName } from './scenario-names.ts';

export interface BenchSettings {
  readonly only: readonly ScenarioName[];
  /** Articles of the large table, and of the small one that memory is compared with. */
  readonly rows: number;
  readonly smallRows: number;
  /** Rows of the table with five narrow columns. */
  readonly narrowRows: number;
  /** How often each side of a comparison is measured, in turn. */
  readonly pairs: number;
  readonly workers: number;
  /** How long pgbench runs in each situation. */
  readonly seconds: number;
  /** Major version of the server; undefined for that of the pg_dump there is. */
  readonly postgres: number | undefined;
  /** The benchmark gives up after so many minutes. */
  readonly minutes: number;
  /** Too small to say anything: its file is kept apart, and the page of figures leaves it out. */
  readonly quick: boolean;
}

export const usage = `node bench/run.ts [options]

  --only NAMES       scenarios, separated by commas, or 'all' (${usualScenarios.join(',')})
${Object.entries(scenarioNames)
  .map(([name, about]) => `                       ${name.padEnd(13)} ${about}`)
  .join('\n')}
  --rows N           articles of the large table (200000)
  --small-rows N     articles of the small table (20000)
  --narrow-rows N    rows of the narrow table (5000000)
  --pairs N          measurements of each side, in turn (5)
  --workers N        --max-workers of the program (4)
  --seconds N        how long pgbench runs in each situation (15)
  --postgres MAJOR   version of the server (that of the pg_dump there is, which can dump no newer one)
  --minutes N        give up after that long (120); what was measured by then is kept
  --quick            2,000 articles and 50,000 narrow rows, measured once: does it work?
`;

const numbers = {
  rows: { usual: 200_000, quick: 2000, least: 1000 },
  'small-rows': { usual: 20_000, quick: 1000, least: 1000 },
  'narrow-rows': { usual: 5_000_000, quick: 50_000, least: 1000 },
  pairs: { usual: 5, quick: 1, least: 1 },
  workers: { usual: 4, quick: 4, least: 1 },
  seconds: { usual: 15, quick: 2, least: 1 },
  minutes: { usual: 120, quick: 20, least: 1 },
} as const;

/** Below these a result says nothing of the program, only of its start. */
const tellingRows = 20_000;
const tellingPairs = 3;

/** Reads the command line; undefined when it asks for help. Throws a TypeError for what it does not know. */
export function readSettings(argv: readonly string[]): BenchSettings | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string' },
      rows: { type: 'string' },
      'small-rows': { type: 'string' },
      'narrow-rows': { type: 'string' },
      pairs: { type: 'string' },
      workers: { type: 'string' },
      seconds: { type: 'string' },
      postgres: { type: 'string' },
      minutes: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const number = (name: keyof typeof numbers): number => {
    const { usual, quick, least } = numbers[name];
    return integer(name, values[name] ?? String(values.quick ? quick : usual), least);
  };
  const [rows, pairs] = [number('rows'), number('pairs')];
  return {
    only: readNames(values.only),
    rows,
    smallRows: number('small-rows'),
    narrowRows: number('narrow-rows'),
    pairs,
    workers: number('workers'),
    seconds: number('seconds'),
    postgres: values.postgres === undefined ? undefined : integer('postgres', values.postgres, 14),
    minutes: number('minutes'),
    quick: values.quick || rows < tellingRows || pairs < tellingPairs,
  };
}

/** In the order in which they are measured, whatever the order given. */
function readNames(text: string | undefined): ScenarioName[] {
  if (text === undefined) return [...usualScenarios];
  const all = Object.keys(scenarioNames).filter(isScenarioName);
  if (text === 'all') return all;
  const asked = text.split(',').map((name) => name.trim());
  const unknown = asked.find((name) => !isScenarioName(name));
  if (unknown !== undefined)
    throw new TypeError(`--only knows no scenario ${unknown}: ${all.join(', ')}, all`);
  return all.filter((name) => asked.includes(name));
}

function integer(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new TypeError(`--${name} takes an integer of at least ${least}, not ${text}`);
  }
  return value;
}
