import { createHash } from 'node:crypto';
import pMap from 'p-map';
import { BackupError } from '../core/errors.ts';
import type { Manifest, ManifestReference } from '../format/manifest.ts';
import { parseManifestHead } from '../format/manifest-head.ts';
import { checkSeal, parseManifest } from '../format/manifest-text.ts';
import { readCheckpoint } from '../repository/checkpoint.ts';
import type { RestorePoint } from '../repository/manifests.ts';
import { readRawManifest } from '../repository/raw-manifest.ts';
import type { Store } from '../store/store.ts';
import type { ChainLink } from './check-chain.ts';

export interface ReadChain {
  readonly links: readonly ChainLink[];
  /** The manifest of the restore point to verify; undefined where it is damaged. */
  readonly manifest: Manifest | undefined;
}

/** Manifests of a large store have tens of megabytes: few are in memory at a time. */
const manifestsAtOnce = 4;

/**
 * Reads every manifest once. Of `chosen` all is checked; of the others what the chain needs: their bytes, their own
 * SHA-256 and their head.
 * @throws BackupError E_MANIFEST_VERSION where one was written by a newer version of the format
 */
export async function readChain(
  store: Store,
  points: readonly RestorePoint[],
  chosen: RestorePoint | undefined,
  signal: AbortSignal,
): Promise<ReadChain> {
  let manifest: Manifest | undefined;
  const read = async (point: RestorePoint): Promise<ChainLink> => {
    const text = await readRawManifest(store, point, signal).catch(absentIsEmpty);
    const sha256 = createHash('sha256').update(text).digest('hex');
    try {
      const object = store.objectKey(point.key);
      if (point.key === chosen?.key) manifest = parseManifest(text, object);
      else checkSeal(text, object);
      const { parent } = (point.key === chosen?.key && manifest) || headOf(text, object);
      return { ...point, sha256, parent, problem: undefined };
    } catch (error) {
      return { ...point, sha256, parent: undefined, problem: problemOf(error) };
    }
  };
  const links = await pMap(points, read, { concurrency: manifestsAtOnce, signal });
  return { links, manifest };
}

function headOf(text: Uint8Array, object: string): { readonly parent: ManifestReference | null } {
  const head = parseManifestHead(text, object);
  if (head) return head;
  throw new BackupError('E_MANIFEST_DAMAGED', `manifest ${object} is damaged: it has no list of tables`);
}

/** It was listed, and is gone now: an empty manifest is as damaged. */
function absentIsEmpty(error: unknown): Uint8Array {
  if (error instanceof BackupError && error.code === 'E_STORE_OBJECT_MISSING') return new Uint8Array();
  throw error;
}

function problemOf(error: unknown): ChainLink['problem'] {
  if (!(error instanceof BackupError) || error.code !== 'E_MANIFEST_DAMAGED') throw error;
  return { code: 'MANIFEST_DAMAGED', detail: error.message };
}

/** The head of this store's chain as the checkpoint remembers it; null where there is no such memory. */
export async function rememberedHead(
  checkpointFile: string,
  storeUrl: string,
): Promise<ManifestReference | null> {
  const read = await readCheckpoint(checkpointFile);
  return read.kind === 'read' && read.checkpoint.store === storeUrl ? read.checkpoint.head : null;
}
