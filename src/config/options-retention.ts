import type { OptionDefinition } from './option-types.ts';

const second = 1000;
const hour = 3600 * second;
const day = 24 * hour;

const rule = {
  kind: 'integer',
  group: 'command',
  commands: ['prune'],
  placeholder: 'N',
  min: 1,
  max: 1_000_000,
} as const;

/** Which restore points `prune` keeps. */
export const retentionOptions = {
  keepLast: { ...rule, doc: 'Keep the newest N restore points' },
  keepHourly: {
    ...rule,
    doc: 'Keep the newest restore point of each of the newest N hours that have one, UTC',
  },
  keepDaily: {
    ...rule,
    doc: 'Keep the newest restore point of each of the newest N days that have one, UTC',
  },
  keepWeekly: {
    ...rule,
    doc: 'Keep the newest restore point of each of the newest N weeks, from Monday, UTC',
  },
  keepMonthly: { ...rule, doc: 'Keep the newest restore point of each of the newest N months, UTC' },
  keepYearly: { ...rule, doc: 'Keep the newest restore point of each of the newest N years, UTC' },
  keepWithin: {
    kind: 'duration',
    group: 'command',
    commands: ['prune'],
    placeholder: 'AGE',
    min: second,
    max: 36_600 * day,
    doc: 'Keep all restore points that are at most so much older than the newest (36h, 30d)',
  },
  minRestorePoints: {
    ...rule,
    default: 1,
    doc: 'Refuse to leave fewer restore points than this, as a guard against a rule that was typed wrong',
  },
  gracePeriod: {
    kind: 'duration',
    group: 'command',
    commands: ['prune'],
    placeholder: 'AGE',
    min: 0,
    max: 3660 * day,
    default: day,
    doc: 'Remove chunks and uploads that no restore point names only when they are older than this',
  },
  removeDamaged: {
    kind: 'boolean',
    group: 'command',
    commands: ['prune'],
    default: false,
    doc: 'Remove damaged restore points, too; without it prune removes nothing while one is damaged',
  },
  compact: {
    kind: 'boolean',
    group: 'command',
    commands: ['prune'],
    default: true,
    doc: 'Merge small ranges of the newest restore point first, as the command compact does',
  },
} as const satisfies Record<string, OptionDefinition>;
