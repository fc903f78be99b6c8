import pMap from 'p-map';
import { BackupError } from '../core/errors.ts';
import type { Manifest, ManifestReference } from '../format/manifest.ts';
import { HeadStart } from '../format/manifest-head.ts';
import { brokenSeal, damagedManifest, ManifestReader } from '../format/manifest-reader.ts';
import { SealCheck } from '../format/manifest-seal.ts';
import { readCheckpoint } from '../repository/checkpoint.ts';
import { manifestText } from '../repository/manifest-object.ts';
import { DigestedBytes, entriesInFiles, type RestorePoint } from '../repository/manifests.ts';
import { rawManifest } from '../repository/raw-manifest.ts';
import type { Store } from '../store/store.ts';
import type { ChainLink } from './check-chain.ts';

export interface ReadChain {
  readonly links: readonly ChainLink[];
  /** The manifest of the restore point to verify; undefined where it is damaged. */
  readonly manifest: Manifest | undefined;
}

/** Requests at once. */
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
    let isGone = false;
    const raw = () =>
      new DigestedBytes(absentIsEmpty(rawManifest(store, point, signal), () => (isGone = true)));
    const object = store.objectKey(point.key);
    try {
      const stored = raw();
      const text = manifestText(stored, object);
      const isChosen = point.key === chosen?.key;
      if (isChosen) manifest = await wholeManifest(text, object);
      const { parent } = (isChosen && manifest) || (await sealedHead(text, object));
      return { ...point, sha256: stored.sha256(), parent, problem: undefined };
    } catch (error) {
      const problem = problemOf(error);
      // Reading has stopped at the damage.
      const stored = raw();
      for await (const _piece of stored);
      return { ...point, sha256: stored.sha256(), parent: undefined, problem, isGone };
    }
  };
  const links = await pMap(points, read, { concurrency: manifestsAtOnce, signal });
  return { links, manifest };
}

async function wholeManifest(text: AsyncIterable<Uint8Array>, object: string): Promise<Manifest> {
  const reader = new ManifestReader(object, entriesInFiles);
  for await (const piece of text) reader.push(piece);
  return reader.end();
}

/** What a manifest's head says of its parent, after its own SHA-256 was found to hold. */
async function sealedHead(
  text: AsyncIterable<Uint8Array>,
  object: string,
): Promise<{ readonly parent: ManifestReference | null }> {
  const seal = new SealCheck();
  const start = new HeadStart(object);
  for await (const piece of text) {
    seal.push(piece);
    start.push(piece);
  }
  const problem = seal.end();
  if (problem) throw damagedManifest(object, brokenSeal[problem]);
  const head = start.head();
  if (head) return head;
  throw damagedManifest(object, 'it has no list of tables');
}

/** It was listed, and is gone now: as damaged as an empty manifest, unless retention removed it. */
async function* absentIsEmpty(
  pieces: AsyncIterable<Uint8Array>,
  onAbsent: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'E_STORE_OBJECT_MISSING') throw error;
    onAbsent();
  }
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
