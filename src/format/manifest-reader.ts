import { messageOf, BackupError } from '../core/errors.ts';
import { JsonScanner } from './json-scanner.ts';
import { ManifestCollector, manifestShape, type EntryKeeper } from './manifest-collector.ts';
import { SealCheck } from './manifest-seal.ts';
import { formatVersion, manifestFormat, type Manifest } from './manifest.ts';

/** Of one value: an entry, or the definition of a table without its entries. */
const mostValueBytes = 64 * 1024 * 1024;

/**
 * Reads a manifest from pieces of its text of any size. All of it is checked: its own SHA-256, format, version and schema,
 * and that its parts fit together. Entries go to the keeper as they come: until `end` has returned nothing may be done
 * that relies on them.
 */
export class ManifestReader {
  readonly #key: string;
  readonly #seal = new SealCheck();
  readonly #collector: ManifestCollector;
  readonly #scanner: JsonScanner;

  constructor(key: string, keeper: EntryKeeper) {
    this.#key = key;
    this.#collector = new ManifestCollector(keeper);
    this.#scanner = new JsonScanner(manifestShape, this.#collector, mostValueBytes);
  }

  /** @throws BackupError E_MANIFEST_DAMAGED */
  push(text: Uint8Array): void {
    this.#seal.push(text);
    this.#asJson(() => this.#scanner.push(text));
  }

  /** @throws BackupError E_MANIFEST_DAMAGED, E_MANIFEST_VERSION */
  end(): Manifest {
    this.#asJson(() => this.#scanner.end());
    const problem = this.#seal.end();
    // A newer version may close its manifests in another way; a seal that is there must hold, lest damage to the version
    // pass for a version.
    if (problem === 'broken') throw damagedManifest(this.#key, brokenSeal[problem]);
    checkVersion(this.#collector.members, this.#key);
    if (problem) throw damagedManifest(this.#key, brokenSeal[problem]);
    const found = this.#collector.finish();
    if (typeof found === 'string') throw damagedManifest(this.#key, found);
    return found;
  }

  #asJson(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
      throw damagedManifest(this.#key, `it is no JSON: ${messageOf(error).slice(0, 200)}`, error);
    }
  }
}

export const brokenSeal = {
  broken: 'its text does not have the SHA-256 that closes it',
  missing: 'its closing SHA-256 is missing',
};

/**
 * @param members of the manifest
 * @throws BackupError E_MANIFEST_DAMAGED, E_MANIFEST_VERSION
 */
export function checkVersion(members: ReadonlyMap<string, unknown>, key: string): void {
  const version = members.get('formatVersion');
  if (members.get('format') !== manifestFormat || typeof version !== 'string')
    throw damagedManifest(key, 'it names no manifest format');
  const major = Number(/^[1-9]\d{0,8}(?=\.|$)/.exec(version)?.[0]);
  if (Number.isNaN(major)) throw damagedManifest(key, 'its format version is none');
  if (major > Number(formatVersion.split('.')[0])) {
    throw new BackupError(
      'E_MANIFEST_VERSION',
      `manifest ${key} has format version ${version.slice(0, 40)}; this program reads versions up to ${formatVersion}`,
    );
  }
}

export function damagedManifest(key: string, detail: string, cause?: unknown): BackupError {
  return new BackupError('E_MANIFEST_DAMAGED', `manifest ${key} is damaged: ${detail}`, { cause });
}
