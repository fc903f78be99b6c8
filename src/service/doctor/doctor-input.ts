import type { ConnectionTarget } from '../../postgres/connection-target.ts';
import type { Store } from '../../store/store.ts';

/** What doctor looks at: what a backup with the same settings would use. */
export interface DoctorInput {
  readonly target: ConnectionTarget;
  readonly store: Store;
  /** Values of `--table`. */
  readonly tables: readonly string[];
  /** Path of the config file, and whether it is there; as it was named. */
  readonly configFile: { readonly path: string; readonly found: boolean };
  readonly folders: readonly FolderToCheck[];
  readonly signal: AbortSignal;
}

export interface FolderToCheck {
  /** Name of the check: `checkpoint folder`. */
  readonly name: string;
  /** Absolute path; it may be missing as long as it can be made. */
  readonly folder: string;
  /** The option that names another. */
  readonly option: string;
}
