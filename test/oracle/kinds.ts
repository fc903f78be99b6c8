/** The kinds of tables that histories are made of. Each brings its own way to hold rows, and so its own traps. */
import { literal, type Dice } from './dice.ts';

export interface Kind {
  readonly name: string;
  /** Column definitions and constraints, as in `CREATE TABLE`. */
  readonly definition: string;
  /** What follows the columns: `PARTITION BY …`, `WITH (…)`. */
  readonly suffix?: string;
  /** Columns that are written: all but generated ones. */
  readonly columns: readonly string[];
  /** Those that an `INSERT` gives values for. */
  readonly inserted: readonly string[];
  readonly key: readonly string[];
  /** SQL that tells a row of `t` from others without its place, as text. */
  readonly rowName: string;
  /** Rows at the beginning. */
  readonly rows: number;
  /** Values of `inserted`, in parentheses. */
  row(dice: Dice): string;
  /** The `SET` of an update that leaves the key alone. */
  change(dice: Dice): string;
  /** The `SET` of an update of one row's key. */
  changeKey?(dice: Dice): string;
  /** Run once the table has its rows; `{}` stands for its name. */
  readonly afterwards?: readonly string[];
  /** A copy of it can take its place under its name. */
  readonly canBeSwapped: boolean;
}

/** Types and collations that some kinds need. A restore finds them in its target. */
export const preparations = [
  "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
];

const note = (dice: Dice) => literal(dice.words(dice.int(0, 4)));
const changeNote = (dice: Dice) =>
  dice.pick([`n = t.n + ${dice.int(1, 9)}`, `note = ${note(dice)}`, `note = NULL`]);

/** Ids from a sequence: taken early, committed late, and set back. */
const serial: Kind = {
  name: 'serial',
  definition: 'id serial PRIMARY KEY, n int, note text, amount numeric(12,2)',
  columns: ['id', 'n', 'note', 'amount'],
  inserted: ['n', 'note', 'amount'],
  key: ['id'],
  rowName: 't.id::text',
  rows: 300,
  row: (dice) => `(${dice.int(0, 99)}, ${note(dice)}, ${dice.int(-9999, 9999)} / 100.0)`,
  change: changeNote,
  changeKey: (dice) => `id = ${dice.pick([-1, 1])} * (1000000 + ${dice.fresh()})`,
  canBeSwapped: true,
};

/** Strings in the order of a collation, inserted anywhere; the name of the table needs quotes. */
const texts: Kind = {
  name: '"Text.""Keys"',
  definition: 'key text COLLATE "und-x-icu" PRIMARY KEY, n int, note text',
  columns: ['key', 'n', 'note'],
  inserted: ['key', 'n', 'note'],
  key: ['key'],
  rowName: 't.key',
  rows: 150,
  row: (dice) => `(${literal(textKey(dice))}, ${dice.int(0, 99)}, ${note(dice)})`,
  change: changeNote,
  changeKey: (dice) => `key = ${literal(textKey(dice))}`,
  canBeSwapped: true,
};

function textKey(dice: Dice): string {
  const start = dice.pick(['a', 'Z', 'ä', 'é', '-', ' ', '中', '😀', 'a\tb', '"', '\\']);
  return `${start}${dice.int(0, 9)}${dice.words(1)}${dice.fresh()}`;
}

/** Keys that are equal and written differently: an update may change a key's text, and not the key. */
const nocase: Kind = {
  name: 'nocase',
  definition: 'key text COLLATE nocase PRIMARY KEY, n int, note text',
  columns: ['key', 'n', 'note'],
  inserted: ['key', 'n', 'note'],
  key: ['key'],
  rowName: 'lower(t.key)',
  rows: 100,
  row: (dice) => `(${literal(`${dice.pick(['word', 'Word', 'XYZ'])}${dice.fresh()}`)}, 1, ${note(dice)})`,
  change: (dice) => dice.pick([changeNote(dice), 'key = upper(t.key)', 'key = lower(t.key)']),
  changeKey: (dice) => `key = ${literal(`Moved${dice.fresh()}`)}`,
  canBeSwapped: true,
};

const numbers: Kind = {
  name: 'numbers',
  definition: 'key numeric PRIMARY KEY, n int, note text',
  columns: ['key', 'n', 'note'],
  inserted: ['key', 'n', 'note'],
  key: ['key'],
  rowName: 'trim_scale(t.key)::text',
  rows: 100,
  row: (dice) => `(${dice.int(-50, 50)}.${dice.fresh()}, 1, ${note(dice)})`,
  // 1.50 is 1.5 written differently.
  change: (dice) => dice.pick([changeNote(dice), "key = (t.key::text || '0')::numeric"]),
  changeKey: (dice) => `key = ${dice.int(-1000, 1000)}.${dice.fresh()}`,
  canBeSwapped: true,
};

const uuids: Kind = {
  name: 'uuids',
  definition: 'key uuid PRIMARY KEY, n int, note text, at timestamptz',
  columns: ['key', 'n', 'note', 'at'],
  inserted: ['key', 'n', 'note', 'at'],
  key: ['key'],
  rowName: 't.key::text',
  rows: 200,
  row: (dice) => `(${uuid(dice)}, ${dice.int(0, 99)}, ${note(dice)}, ${time(dice)})`,
  change: changeNote,
  changeKey: (dice) => `key = ${uuid(dice)}`,
  canBeSwapped: true,
};

function uuid(dice: Dice): string {
  return `md5('${dice.int(0, 1e9)} ${dice.fresh()}')::uuid`;
}

function time(dice: Dice): string {
  return `timestamptz '2020-01-01 UTC' + ${dice.int(-1e9, 1e9)} * interval '1.000001 second'`;
}

/** The order of the key is not that of the columns. */
const composite: Kind = {
  name: 'composite',
  definition: 'a int, b text, n int, note text, PRIMARY KEY (b, a)',
  columns: ['a', 'b', 'n', 'note'],
  inserted: ['a', 'b', 'n', 'note'],
  key: ['b', 'a'],
  rowName: "t.b || ' ' || t.a::text",
  rows: 200,
  row: (dice) => `(${dice.fresh()}, ${literal(dice.pick(['x', 'y y', 'z"']))}, 0, ${note(dice)})`,
  change: changeNote,
  changeKey: (dice) => dice.pick([`a = -${dice.fresh()}`, `b = 'moved', a = ${dice.fresh()}`]),
  canBeSwapped: true,
};

/** No key, and rows that are there twice: block ranges. */
const keyless: Kind = {
  name: 'keyless',
  definition: 'n int, note text',
  columns: ['n', 'note'],
  inserted: ['n', 'note'],
  key: [],
  rowName: "t.n::text || coalesce(t.note, '')",
  rows: 400,
  row: (dice) => `(${dice.int(0, 40)}, ${literal(`${dice.words(2)} ${'keyless '.repeat(dice.int(5, 40))}`)})`,
  change: changeNote,
  canBeSwapped: true,
};

/** A key that scatters over a heap of many blocks, so that block ranges are chosen. */
const scattered: Kind = {
  name: 'scattered',
  definition: 'key uuid PRIMARY KEY, n int, note text, filler text STORAGE PLAIN',
  suffix: 'WITH (fillfactor = 10)',
  columns: ['key', 'n', 'note', 'filler'],
  inserted: ['key', 'n', 'note', 'filler'],
  key: ['key'],
  rowName: 't.key::text',
  rows: 0,
  row: (dice) => `(${uuid(dice)}, ${dice.int(0, 99)}, ${note(dice)}, repeat('f', 380))`,
  change: changeNote,
  changeKey: (dice) => `key = ${uuid(dice)}`,
  afterwards: [
    `INSERT INTO {} SELECT md5(i::text)::uuid, i, 'row ' || i, repeat('f', 380) FROM generate_series(1, 2100) AS i`,
    'VACUUM ANALYZE {}',
  ],
  canBeSwapped: false,
};

/** Values out of line: the row may change without them, and they without the row. */
const wide: Kind = {
  name: 'wide',
  definition: 'id int PRIMARY KEY, n int, note text, body text STORAGE EXTERNAL, packed text',
  columns: ['id', 'n', 'note', 'body', 'packed'],
  inserted: ['id', 'n', 'note', 'body', 'packed'],
  key: ['id'],
  rowName: 't.id::text',
  rows: 40,
  row: (dice) =>
    `(${dice.int(1, 1e9)}, 1, ${note(dice)}, ${body(dice)}, repeat('packed ', ${dice.int(0, 5000)}))`,
  change: (dice) => dice.pick([changeNote(dice), `body = ${body(dice)}`, `body = t.body || '.'`]),
  changeKey: (dice) => `id = -${dice.fresh()}`,
  canBeSwapped: true,
};

function body(dice: Dice): string {
  return `repeat('${dice.fresh()} body ', ${dice.int(0, 2000)})`;
}

/** Types whose text may change without the row, identity and a generated column. */
const typed: Kind = {
  name: 'typed',
  definition: `id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mood mood NOT NULL, n int,
    twice int GENERATED ALWAYS AS (n * 2) STORED, note text, data jsonb, list int[]`,
  columns: ['id', 'mood', 'n', 'note', 'data', 'list'],
  inserted: ['mood', 'n', 'note', 'data', 'list'],
  key: ['id'],
  rowName: 't.id::text',
  rows: 200,
  row: (dice) =>
    `(${mood(dice)}, ${dice.int(0, 99)}, ${note(dice)}, ${json(dice)}, ARRAY[1, NULL, ${dice.int(0, 9)}])`,
  change: (dice) => dice.pick([changeNote(dice), `mood = ${mood(dice)}`, `data = ${json(dice)}`]),
  canBeSwapped: true,
};

/** By position: labels are renamed. */
function mood(dice: Dice): string {
  return `(enum_range(NULL::mood))[${dice.int(1, 3)}]`;
}

function json(dice: Dice): string {
  return dice.pick(['NULL', "'null'", `'{"b": 1, "a": [${dice.int(0, 9)}, "\\u00e4"]}'`, "'[1.50, -0.0]'"]);
}

/** A partitioned table: its partitions come and go, with rows of their own past. */
export interface PartedKind extends Kind {
  /** Values of `inserted` for a row of this region. */
  rowIn(dice: Dice, region: number): string;
}

/** Regions of each partition: `regionsEach * number` and up. */
export const regionsEach = 10;
const attachedRegion = (dice: Dice) => dice.int(0, 2 * regionsEach - 1);
const byRegion = 'PARTITION BY RANGE (region)';

const parted: PartedKind = {
  name: 'parted',
  definition: 'region int, id int, n int, note text, PRIMARY KEY (region, id)',
  suffix: byRegion,
  columns: ['region', 'id', 'n', 'note'],
  inserted: ['region', 'id', 'n', 'note'],
  key: ['region', 'id'],
  rowName: "t.region::text || ' ' || t.id::text",
  rows: 0,
  row: (dice) => parted.rowIn(dice, attachedRegion(dice)),
  rowIn: (dice, region) => `(${region}, ${dice.fresh()}, 1, ${note(dice)})`,
  change: changeNote,
  // Into another partition, where that is attached.
  changeKey: (dice) => `region = ${dice.int(0, 3 * regionsEach - 1)}, id = ${dice.fresh()}`,
  canBeSwapped: false,
};

const partedLog: PartedKind = {
  name: 'parted_log',
  definition: 'region int, n int, note text',
  suffix: byRegion,
  columns: ['region', 'n', 'note'],
  inserted: ['region', 'n', 'note'],
  key: [],
  rowName: "t.region::text || ' ' || t.n::text || coalesce(t.note, '')",
  rows: 0,
  row: (dice) => partedLog.rowIn(dice, attachedRegion(dice)),
  rowIn: (dice, region) => `(${region}, ${dice.int(0, 20)}, ${note(dice)})`,
  change: changeNote,
  changeKey: (dice) => `region = ${dice.int(0, 3 * regionsEach - 1)}`,
  canBeSwapped: false,
};

export const partedKinds: readonly PartedKind[] = [parted, partedLog];

/** A table that is a partition, was one, or will be. */
export function partition(parent: PartedKind, number: number): Kind {
  const { suffix: _, ...kind } = parent;
  return {
    ...kind,
    name: `${parent.name}${number}`,
    rows: 80,
    row: (dice) => parent.rowIn(dice, regionsEach * number + dice.int(0, regionsEach - 1)),
    changeKey: (dice) =>
      `region = ${regionsEach * number + dice.int(0, regionsEach - 1)}, n = ${dice.fresh()}`,
  };
}

export const kinds = {
  serial,
  texts,
  nocase,
  numbers,
  uuids,
  composite,
  keyless,
  scattered,
  wide,
  typed,
  parted,
  partedLog,
};
export type KindName = keyof typeof kinds;
