import { proofKey, proofOf, proofPrefix } from '../format/keys.ts';
import { formatProof, parseProof, type Proof } from '../format/proof.ts';
import type { Store } from '../store/store.ts';
import { getRecord } from './get-record.ts';
import { putUnderTime } from './put-under-time.ts';

/** A proof that a restore point restores, known by its key only. */
export interface StoredProof {
  readonly key: string;
  /** Key of the manifest that was restored. */
  readonly manifest: string;
  readonly provedAt: Date;
}

/** All proofs, oldest restore point first. */
export async function listProofs(store: Store, signal?: AbortSignal): Promise<StoredProof[]> {
  const proofs: StoredProof[] = [];
  for await (const { key } of store.list(proofPrefix, { signal })) {
    const proof = proofOf(key);
    if (proof) proofs.push({ key, ...proof });
  }
  return proofs;
}

/** @returns the key of the proof */
export async function putProof(store: Store, proof: Proof, signal?: AbortSignal): Promise<string> {
  const keyOf = (time: Date) => proofKey(proof.manifest.key, time);
  return putUnderTime(store, keyOf, formatProof(proof), 'application/json', signal);
}

/** The proof that was made last, of whichever restore point; undefined where there is none that can be read. */
export async function readNewestProof(store: Store, signal?: AbortSignal): Promise<Proof | undefined> {
  const proofs = await listProofs(store, signal);
  const newestFirst = proofs.sort((a, b) => b.provedAt.getTime() - a.provedAt.getTime());
  for (const { key } of newestFirst) {
    const text = await getRecord(store, key, signal);
    const proof = text && parseProof(text);
    if (proof) return proof;
  }
  return undefined;
}
