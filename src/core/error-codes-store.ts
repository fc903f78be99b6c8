import type { ErrorFacts } from './error-facts.ts';

/** Errors of the store and of what is kept in it. */
export const storeErrors = {
  E_STORE_URL: {
    exit: 2,
    cause: 'The store URL is neither s3://bucket/prefix nor file:///folder.',
    remedy: 'Correct --store.',
  },
  E_STORE_UNREACHABLE: {
    exit: 1,
    cause: 'The store did not answer in spite of retries.',
    remedy: 'Check --endpoint-url, the network and the status of the service.',
  },
  E_STORE_CREDENTIALS: {
    exit: 1,
    cause: 'No credentials were found, or the store refused them as wrong or expired.',
    remedy: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile (AWS_PROFILE), or attach a role.',
  },
  E_STORE_ACCESS_DENIED: {
    exit: 1,
    cause: 'The credentials lack a permission on the bucket or prefix.',
    remedy: 'Grant the permission that the hint names; `storydredge-backup init` prints the whole policy.',
  },
  E_STORE_REGION: {
    exit: 1,
    cause: 'The bucket is in another region.',
    remedy: 'Pass the region that the hint names with --region or AWS_REGION.',
  },
  E_STORE_BUCKET: {
    exit: 1,
    cause: 'The bucket does not exist and could not be created.',
    remedy: 'Create the bucket, or correct its name.',
  },
  E_STORE_CLOCK: {
    exit: 1,
    cause: "This machine's clock differs too much from the store's.",
    remedy: 'Set the clock (NTP).',
  },
  E_STORE_FAILED: {
    exit: 1,
    cause: 'The store refused an operation for a reason that a retry does not change.',
    remedy: 'Read the name and status the store gave.',
  },
  E_STORE_FULL: {
    exit: 1,
    cause: 'The file system or quota of the store is full.',
    remedy: 'Free space, then run again: finished chunks are kept.',
  },
  E_STORE_OBJECT_EXISTS: {
    exit: 1,
    cause: 'An object with that key exists already; objects are never overwritten.',
    remedy: 'Two runs may write one prefix: give each source its own.',
  },
  E_STORE_OBJECT_MISSING: {
    exit: 1,
    cause: 'An object that a manifest names is not in the store.',
    remedy:
      'Run `verify` to see all that is missing; look for lifecycle rules that delete objects. `restore --skip-damaged` restores the rest.',
  },
  E_STORE_CORRUPT_TRANSFER: {
    exit: 1,
    cause: 'What the store keeps or sent differs from what was put.',
    remedy: 'Try again; if it persists, run `doctor` and check the store and the way to it.',
  },
  E_STORE_OTHER_DATABASE: {
    exit: 2,
    cause: 'The store holds backups of another database.',
    remedy: 'Give each database its own prefix: two are never mixed.',
  },
  E_MANIFEST_DAMAGED: {
    exit: 1,
    cause: 'A manifest is no valid JSON, fails its schema or its checksum.',
    remedy: 'Choose another restore point with --at; `list` shows them. `verify` names the damage.',
  },
  E_MANIFEST_VERSION: {
    exit: 1,
    cause: 'A manifest was written by a newer major version of the format.',
    remedy: 'Upgrade storydredge-backup.',
  },
  E_MANIFEST_NOT_FOUND: {
    exit: 1,
    cause: 'No restore point fits --at.',
    remedy: '`storydredge-backup list` shows the restore points there are.',
  },
  E_SCHEMA_DAMAGED: {
    exit: 1,
    cause: 'A schema dump does not have the bytes that the manifest says.',
    remedy: 'Use another restore point (--at); the next backup with --schema pg_dump stores a sound one.',
  },
  E_CHUNK_DAMAGED: {
    exit: 1,
    cause: 'A chunk differs from the size, checksum or digest in its manifest, or does not decode.',
    remedy:
      'Run `verify --deep` for the extent; restore from another restore point with --at, or what is sound with --skip-damaged.',
  },
  E_ENCODE: {
    exit: 1,
    cause: 'A row that PostgreSQL sent could not be encoded and decoded back to the same bytes.',
    remedy: 'Report the table, row and column named in the message: nothing was committed.',
  },
  E_CHECKPOINT: {
    exit: 1,
    cause: 'The checkpoint file could not be written.',
    remedy: 'Check space and permissions of the folder, or pass another --checkpoint-file.',
  },
  E_SOURCE_CHANGED: {
    exit: 1,
    cause: 'A table was dropped or altered while the run read it.',
    remedy: 'Start the run again.',
  },
} as const satisfies Record<string, ErrorFacts>;
