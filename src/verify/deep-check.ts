import pMap from 'p-map';
import { releaseSmall } from '../core/release-memory.ts';
import { chunkNamed } from '../format/chunk-lookup.ts';
import { sumDigests } from '../format/digest.ts';
import { describeBounds } from '../format/describe-bounds.ts';
import type { Manifest, PatchSlice, RangeEntry } from '../format/manifest.ts';
import { mergeKey } from '../format/merge-key.ts';
import { getRawChunk } from '../repository/chunk-presence.ts';
import { fetchContent, letGo, slicesOfLarge } from '../repository/chunk-rows.ts';
import { PatchOpener } from '../repository/open-rows.ts';
import { PatchRows, patchesOf, type UsedChunk } from '../repository/patch-rows.ts';
import { isMergeable, storedTable, type StoredTable } from '../repository/range-rows.ts';
import type { Store } from '../store/store.ts';
import { chunkFinding, nameOf, UsedChunks } from './chunk-use.ts';
import type { Finding } from './finding.ts';
import { Sample } from './sample.ts';
import { proveChunk } from './prove-chunk.ts';
import type { Verifiers } from './verifiers.ts';
import type { Digest } from './verify-job.ts';
import type { VerifyProgress } from './verify-progress.ts';

export interface DeepParts {
  readonly store: Store;
  readonly verifiers: Verifiers;
  readonly progress: VerifyProgress;
  /** Ranges under way at once. */
  readonly maxWorkers: number;
  readonly signal: AbortSignal;
  /** Full object keys of chunks that are known to be missing or damaged: not looked at again. */
  readonly damaged: ReadonlySet<string>;
  /** Which share of the ranges is looked at, 0 to 1, at random. */
  readonly share: number;
}

export interface DeepOutcome {
  readonly findings: readonly Finding[];
  readonly rangesChecked: number;
  readonly ranges: number;
}

/** Proves every chunk by its digests, and every range by putting its chunks together as a restore does. */
export async function checkDeeply(
  manifest: Manifest,
  manifestObject: string,
  parts: DeepParts,
): Promise<DeepOutcome> {
  const check = new DeepCheck(manifestObject, parts);
  const chunks = new UsedChunks(manifest);
  parts.progress.start('verifying', manifest.tables, Math.round(chunks.sum('rows') * parts.share));
  const options = { concurrency: parts.maxWorkers, signal: parts.signal, stopOnError: true };
  let ranges = 0;
  let rangesChecked = 0;
  for (const table of manifest.tables) {
    const stored = storedTable(table);
    const sample = new Sample(table.ranges.length, parts.share);
    ranges += table.ranges.length;
    const look = async (range: RangeEntry, index: number) => {
      if (!sample.has(index)) return;
      rangesChecked += 1;
      await check.range(stored, range);
    };
    await pMap(table.ranges, look, options);
  }
  // What no range needs is of the restore point all the same.
  const prove = async (chunk: UsedChunk) => {
    if (!check.isDone(chunk.entry.key)) await check.prove(chunk);
  };
  if (parts.share === 1) await pMap(chunks, prove, options);
  const findings = check.findings.length < 2 ? check.findings : inOrder(check.findings, manifest);
  return { findings, rangesChecked, ranges };
}

/** In the order of the tables and ranges, whichever thread was faster. */
function inOrder(findings: readonly Finding[], manifest: Manifest): Finding[] {
  const positions = new Map<string, number>();
  const nameRange = (table: string | undefined, range: object | undefined) => JSON.stringify([table, range]);
  for (const table of manifest.tables) {
    for (const { lo, hi } of table.ranges)
      positions.set(nameRange(nameOf(table), { lo, hi }), positions.size);
  }
  const positionOf = ({ table, ranges: [first] = [] }: Finding) =>
    positions.get(nameRange(table, first && { lo: first.lo, hi: first.hi })) ?? positions.size;
  return findings.toSorted((a, b) => positionOf(a) - positionOf(b));
}

class DeepCheck {
  readonly findings: Finding[] = [];
  readonly #manifestObject: string;
  readonly #parts: DeepParts;
  readonly #opener: PatchOpener;
  readonly #patches: PatchRows;
  /** Keys of chunks that were proved, or found damaged. */
  readonly #sound = new Set<string>();
  readonly #damaged = new Set<string>();

  constructor(manifestObject: string, parts: DeepParts) {
    this.#manifestObject = manifestObject;
    this.#parts = parts;
    this.#opener = new PatchOpener(parts.verifiers.opening, parts.signal);
    this.#patches = new PatchRows({ open: (chunk) => this.open(chunk), letGo: this.#opener.letGo });
  }

  isDone(key: string): boolean {
    return this.#sound.has(key) || this.#isDamaged(key);
  }

  /**
   * The proved `COPY` text of a chunk.
   * @throws FoundDamage where it is damaged, as a finding tells
   */
  async open(chunk: UsedChunk): Promise<Uint8Array> {
    const { store, signal } = this.#parts;
    const copyText = await this.#proveBy(chunk, () =>
      this.#opener.open(chunk, (memory) => getRawChunk(store, chunk.entry, signal, memory)),
    );
    if (!copyText) throw new FoundDamage();
    return copyText;
  }

  /** The digest of rows of a chunk, of all where no slice is given; undefined, and a finding, where it is damaged. */
  async prove(chunk: UsedChunk, slice = { first: 0, rows: chunk.entry.rows }): Promise<Digest | undefined> {
    const { store, signal, verifiers } = this.#parts;
    const { entry, table } = chunk;
    const { columns } = table;
    return this.#proveBy(chunk, async () => {
      const content = await fetchContent(store, entry, verifiers.temporaryFolder, signal);
      try {
        const moved = 'path' in content ? [] : [content];
        return await verifiers.run({ ...slice, kind: 'slice', entry, content, columns }, ...moved);
      } finally {
        await letGo(content);
      }
    });
  }

  async range(stored: StoredTable, range: RangeEntry): Promise<void> {
    const { table, chunks } = stored;
    const name = `range ${describeBounds(range)} of ${nameOf(table)}`;
    if (!isMergeable(range, chunks)) {
      this.#misfit(stored, range, `${name} is larger than any that a run puts together`);
      return;
    }
    const found = await this.#digestOf(stored, range);
    if (!found || (found.rows === range.rows && found.digest === range.digest)) return;
    const base = this.#parts.store.objectKey(chunks.get(range.base)?.key ?? '');
    const detail =
      `${name} has ${range.rows} rows with digest ${range.digest} in the ` +
      `manifest; its chunks, from ${base} on, give ${found.rows} rows with ${found.digest}`;
    this.#misfit(stored, range, detail, found.rows);
  }

  #misfit({ table }: StoredTable, { lo, hi, rows }: RangeEntry, detail: string, rowsFound?: number): void {
    this.findings.push({
      code: 'RANGE_DIGEST',
      object: this.#manifestObject,
      detail,
      table: nameOf(table),
      ranges: [{ lo, hi, rows }],
      rowsExpected: rows,
      ...(rowsFound === undefined ? {} : { rowsFound }),
    });
  }

  /** What the chunks of a range give; undefined, and a finding, where one of them is damaged. */
  async #digestOf({ table, chunks }: StoredTable, range: RangeEntry): Promise<Digest | undefined> {
    const chunkOf = (number: number): UsedChunk => ({ entry: chunkNamed(chunks, number), table });
    const large = slicesOfLarge(range, (number) => chunks.get(number));
    if (large) return this.#sum(large.map((slice) => ({ slice, chunk: chunkOf(slice.chunk) })));
    const rows = this.#patches.rowsOf(patchesOf(range, table, chunks));
    const patches = await Array.fromAsync(rows).catch(ifFoundDamage);
    const base = chunkOf(range.base);
    if (!patches) {
      if (!this.isDone(base.entry.key)) await this.prove(base);
      return undefined;
    }
    const { columns } = table;
    const key = mergeKey(table);
    const digest = await this.#prove(base, (body) =>
      this.#parts.verifiers.run({ kind: 'merge', entry: base.entry, body, columns, key, patches }, body),
    );
    for (const patch of patches) releaseSmall(patch);
    return digest;
  }

  /** One after the other: memory holds one of them (law 9). */
  async #sum(
    slices: readonly { readonly slice: PatchSlice; readonly chunk: UsedChunk }[],
  ): Promise<Digest | undefined> {
    const found: (Digest | undefined)[] = [];
    for (const { slice, chunk } of slices) found.push(await this.prove(chunk, slice));
    const sound = found.filter((digest) => digest !== undefined);
    if (sound.length < found.length) return undefined;
    const rows = sound.reduce((sum, digest) => sum + digest.rows, 0);
    return { kind: 'digest', rows, digest: sumDigests(sound.map(({ digest }) => digest)) };
  }

  async #prove<T>(chunk: UsedChunk, prove: (body: Uint8Array) => Promise<T>): Promise<T | undefined> {
    const { store, signal, verifiers } = this.#parts;
    const { entry } = chunk;
    const { limit, memory } = verifiers;
    const fetch = () => getRawChunk(store, entry, signal, memory);
    const fetchAndProve = async () => {
      const body = await fetch();
      return limit.use(() => prove(body));
    };
    return this.#proveBy(chunk, () => limit.run(fetchAndProve));
  }

  async #proveBy<T>(chunk: UsedChunk, prove: () => Promise<T>): Promise<T | undefined> {
    const { key, rows, bytes } = chunk.entry;
    if (this.#isDamaged(key)) return undefined;
    const { store, progress } = this.#parts;
    const proof = await proveChunk(prove);
    if (!this.isDone(key)) progress.done(rows, 1, bytes);
    if (proof.kind === 'sound') {
      this.#sound.add(key);
      return proof.value;
    }
    // Two ranges may have waited for the same chunk.
    if (!this.#isDamaged(key)) {
      this.#damaged.add(key);
      this.findings.push(chunkFinding(proof.code, chunk, store.objectKey(key), proof.problem));
    }
    return undefined;
  }

  #isDamaged(key: string): boolean {
    return this.#damaged.has(key) || this.#parts.damaged.has(this.#parts.store.objectKey(key));
  }
}

/** What a finding tells of. */
class FoundDamage extends Error {}

function ifFoundDamage(error: unknown): undefined {
  if (!(error instanceof FoundDamage)) throw error;
}
