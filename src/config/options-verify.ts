import type { OptionDefinition } from './option-types.ts';
import { databaseUrlPattern } from './options-common.ts';

/** How deeply `verify` looks, with what it compares, and what `drill` tries. */
export const verifyOptions = {
  deep: {
    kind: 'boolean',
    group: 'command',
    commands: ['verify'],
    default: false,
    doc: 'Download every chunk, hash it, decode it and compare content digests',
  },
  sample: {
    kind: 'string',
    group: 'command',
    commands: ['verify'],
    placeholder: 'SHARE',
    pattern: { source: '^(?:100|\\d{1,2}(?:\\.\\d+)?)%$', words: 'a share such as 5%' },
    doc: 'As --deep, but of so many ranges only, others each time: for a store too large to read as a whole',
  },
  against: {
    kind: 'string',
    group: 'command',
    commands: ['verify', 'diff'],
    placeholder: 'URL',
    secret: true,
    pattern: databaseUrlPattern,
    doc: "Compare this database's tables with the restore point: verify names the ranges that differ, diff the rows",
  },
  restore: {
    kind: 'boolean',
    group: 'command',
    commands: ['verify'],
    default: false,
    doc: 'Prove that the restore point restores: into a database that is thrown away, compared to its last index',
  },
  scratchUrl: {
    kind: 'string',
    group: 'command',
    commands: ['verify', 'drill'],
    placeholder: 'URL',
    secret: true,
    pattern: databaseUrlPattern,
    doc: 'Server on which verify --restore and drill may create a database; default: a server of their own is started',
  },
  exercise: {
    kind: 'string',
    group: 'command',
    commands: ['drill'],
    placeholder: 'IDS',
    pattern: { source: '^[A-Z]\\d+[a-z]?(,[A-Z]\\d+[a-z]?)*$', words: 'ids of exercises such as P1,G2' },
    doc: 'Exercises to do, by the rows of docs/reliability.md: P1,G2; default: all',
  },
} as const satisfies Record<string, OptionDefinition>;
