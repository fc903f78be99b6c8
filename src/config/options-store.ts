import type { CommandName, OptionDefinition } from './option-types.ts';

/** The commands that put objects, or print what putting them needs. */
const writers = [
  'backup',
  'compact',
  'repair',
  'prune',
  'doctor',
  'drill',
  'init',
  'demo',
] as const satisfies readonly CommandName[];

/** How S3 keeps the objects that are put. */
export const storeOptions = {
  sse: {
    kind: 'enum',
    group: 'store',
    commands: writers,
    placeholder: 'METHOD',
    values: ['AES256', 'aws:kms'],
    doc: 'Server-side encryption of what is put; default: as the bucket is set',
  },
  kmsKeyId: {
    kind: 'string',
    group: 'store',
    commands: writers,
    placeholder: 'KEY',
    doc: "Key ID, ARN or alias for --sse aws:kms; default: the account's own key for S3",
  },
  storageClass: {
    kind: 'string',
    group: 'store',
    commands: writers,
    placeholder: 'CLASS',
    pattern: { source: '^[A-Z][A-Z0-9_]*$', words: 'a storage class such as STANDARD_IA' },
    doc: 'Storage class of what is put, such as STANDARD_IA',
  },
  acl: {
    kind: 'enum',
    group: 'store',
    commands: writers,
    placeholder: 'ACL',
    values: [
      'private',
      'public-read',
      'public-read-write',
      'authenticated-read',
      'aws-exec-read',
      'bucket-owner-read',
      'bucket-owner-full-control',
    ],
    doc: 'Canned access control list of what is put',
  },
  objectTags: {
    kind: 'pairs',
    group: 'store',
    commands: writers,
    placeholder: 'KEY=VALUE',
    max: 10,
    default: {},
    doc: 'Tags of the objects that are put; repeatable',
  },
} as const satisfies Record<string, OptionDefinition>;
