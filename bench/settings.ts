import { parseArgs } from 'node:util';

export interface BenchSettings {
  /** Articles of the large table, and of the small one that memory is compared with. */
  readonly rows: number;
  readonly smallRows: number;
  /** How often each side of a comparison is measured, in turn. */
  readonly pairs: number;
  readonly workers: number;
  /** The benchmark gives up after so many minutes. */
  readonly minutes: number;
  readonly quick: boolean;
}

export const usage = `node bench/run.ts [--quick] [--rows N] [--pairs N] [--workers N] [--minutes N]

  --quick      20,000 articles instead of 200,000, measured once: does it work?
  --rows N     articles of the large table (200,000); the small one has a tenth
  --pairs N    measurements of each side, in turn (3)
  --workers N  --max-workers of the program (4)
  --minutes N  give up after that long (30)
`;

/** Reads the command line; undefined when it asks for help. Throws a TypeError for what it does not know. */
export function readSettings(argv: readonly string[]): BenchSettings | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      rows: { type: 'string' },
      pairs: { type: 'string' },
      workers: { type: 'string', default: '4' },
      minutes: { type: 'string', default: '30' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const { quick } = values;
  const rows = positive('rows', values.rows ?? (quick ? '20000' : '200000'), 1000);
  return {
    rows,
    smallRows: Math.ceil(rows / 10),
    pairs: positive('pairs', values.pairs ?? (quick ? '1' : '3'), 1),
    workers: positive('workers', values.workers, 1),
    minutes: positive('minutes', values.minutes, 1),
    quick,
  };
}

function positive(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new TypeError(`--${name} takes an integer of at least ${least}, not ${text}`);
  }
  return value;
}
