import { z } from 'zod';
import { leaseKey } from '../format/keys.ts';
import type { Store } from '../store/store.ts';
import { getRecord } from './get-record.ts';

const leaseSchema = z.object({
  runId: z.string(),
  host: z.string(),
  pid: z.int(),
  /** Names the source's lock space: who holds its advisory lock knows that no other run of it is alive. */
  source: z.string(),
  expiresAt: z.iso.datetime(),
  /** When the run began; leases of older versions do not say. */
  startedAt: z.iso.datetime().optional(),
});
export type LeaseContent = z.infer<typeof leaseSchema>;

/** A run that holds the lease now. */
export interface RunningRun {
  readonly runId: string;
  readonly host: string;
  /** Undefined where the lease does not say. */
  readonly startedAt: Date | undefined;
}

/** Who holds the lease; undefined where nobody does, or it has expired. */
export async function readRunningRun(store: Store, signal?: AbortSignal): Promise<RunningRun | undefined> {
  const held = await readLease(store, signal);
  if (!held || Date.parse(held.content.expiresAt) < Date.now()) return undefined;
  const { runId, host, startedAt } = held.content;
  return { runId, host, startedAt: startedAt === undefined ? undefined : new Date(startedAt) };
}

export interface HeldLease {
  readonly content: LeaseContent;
  /** Entity tag, where the store has them. */
  readonly etag: string | undefined;
}

/** The tag is asked for first: content that changes in between no longer has it, and is then not replaced. */
export async function readLease(store: Store, signal?: AbortSignal): Promise<HeldLease | undefined> {
  const facts = await store.head(leaseKey, signal);
  const text = facts && (await getRecord(store, leaseKey, signal));
  return text && { content: parseLease(Buffer.from(text).toString('utf8')), etag: facts.etag };
}

function parseLease(text: string): LeaseContent {
  try {
    return leaseSchema.parse(JSON.parse(text));
  } catch {
    return damagedLease;
  }
}

/** What is no lease protects nobody: it counts as expired. */
const damagedLease: LeaseContent = {
  runId: 'unknown',
  host: 'unknown',
  pid: 0,
  source: '',
  expiresAt: new Date(0).toISOString(),
};
