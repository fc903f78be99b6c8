import { proofOf, proofPrefix } from '../format/keys.ts';
import type { Store } from '../store/store.ts';

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
