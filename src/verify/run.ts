import { BackupError } from '../core/errors.ts';
import { removeAbandonedFolders } from '../core/temporary-files.ts';
import type { Manifest } from '../format/manifest.ts';
import { listRestorePoints, type RestorePoint } from '../repository/manifests.ts';
import { readRemovals } from '../repository/removals.ts';
import { locateRestorePoint } from '../repository/restore-points.ts';
import { checkChain } from './check-chain.ts';
import { checkChunks } from './check-chunks.ts';
import { checkSchemaDump } from './check-schema-dump.ts';
import { UsedChunks } from './chunk-use.ts';
import { compareDatabase } from './compare-database.ts';
import { checkDeeply } from './deep-check.ts';
import type { Finding } from './finding.ts';
import { readChain, rememberedHead } from './read-chain.ts';
import { Verifiers } from './verifiers.ts';
import type { VerifyInput, VerifyResult } from './verify-input.ts';
import { VerifyProgress } from './verify-progress.ts';

/**
 * Verifies a restore point and the chain of manifests. Only reads, and reports all damage, not only the first.
 *
 * @throws BackupError where the verification itself cannot be done; damage is a finding, never an error
 */
export async function runVerify(input: VerifyInput): Promise<VerifyResult> {
  const { store, signal } = input;
  const startedAt = performance.now();
  const findings: Finding[] = [];

  // 1. The chain of manifests, from the newest down to the root.
  const points = await listRestorePoints(store, signal);
  const remembered = await rememberedHead(input.checkpointFile, store.url);
  const chosen = locate(input, points, remembered !== null);
  const { links, manifest } = await readChain(store, points, chosen, signal);
  const objectKey = (key: string) => store.objectKey(key);
  const removed = (await readRemovals(store, signal)).flatMap((record) => record.removed);
  findings.push(...checkChain(links, remembered, objectKey, removed));

  // 2. The chunks of the restore point, and 3. and 4. their content and a database's.
  const object = chosen ? store.objectKey(chosen.key) : '';
  const content = manifest ? await verifyContent(manifest, object, input) : nothing;
  findings.push(...content.findings);
  for (const { code, object: damaged, detail } of findings)
    input.reporter.log('error', `${code} ${damaged}: ${detail}`);

  const chunks = manifest && new UsedChunks(manifest);
  return {
    status: findings.length === 0 ? 'ok' : 'damaged',
    manifest: object,
    findings,
    manifestsChecked: links.length,
    tables: manifest?.tables.length ?? 0,
    rows: manifest?.tables.reduce((sum, { rows }) => sum + rows, 0) ?? 0,
    chunks: chunks?.length ?? 0,
    bytes: chunks?.sum('bytes') ?? 0,
    checksumsCompared: content.checksumsCompared,
    deep: input.deep,
    rangesDecoded: content.rangesDecoded,
    ranges: manifest?.tables.reduce((sum, { ranges }) => sum + ranges.length, 0) ?? 0,
    rangesCompared: content.rangesCompared,
    durationSeconds: (performance.now() - startedAt) / 1000,
  };
}

/** An empty store whose chain the checkpoint remembers has lost it: that is damage, and no mistake in --store. */
function locate(
  { store, at }: VerifyInput,
  points: readonly RestorePoint[],
  isRemembered: boolean,
): RestorePoint | undefined {
  try {
    return locateRestorePoint(store, points, at);
  } catch (error) {
    const isLost = error instanceof BackupError && error.code === 'E_MANIFEST_NOT_FOUND';
    if (isLost && points.length === 0 && isRemembered) return undefined;
    throw error;
  }
}

interface Content {
  readonly findings: readonly Finding[];
  readonly checksumsCompared: number;
  readonly rangesCompared: number | null;
  readonly rangesDecoded: number | null;
}

const nothing: Content = { findings: [], checksumsCompared: 0, rangesCompared: null, rangesDecoded: null };

async function verifyContent(manifest: Manifest, object: string, input: VerifyInput): Promise<Content> {
  const { store, signal, maxWorkers, deep, against } = input;
  const chunks = new UsedChunks(manifest);
  const presence = await checkChunks(store, chunks, signal);
  const findings = [...presence.findings, ...(await checkSchemaDump(store, manifest, deep, signal))];
  if (!deep && !against) return { ...nothing, findings, checksumsCompared: presence.checksumsCompared };
  const verifiers = new Verifiers(maxWorkers, against?.url, signal);
  const progress = new VerifyProgress(input.reporter);
  let rangesDecoded: number | null = null;
  try {
    if (deep) {
      await removeAbandonedFolders();
      const damaged = new Set(presence.findings.map((finding) => finding.object));
      const { sample: share = 1 } = input;
      const parts = { store, verifiers, progress, maxWorkers, signal, damaged, share };
      const outcome = await checkDeeply(manifest, object, parts);
      findings.push(...outcome.findings);
      rangesDecoded = outcome.rangesChecked;
    }
    const comparison = against
      ? await compareDatabase(manifest, object, { ...input, against }, verifiers, progress)
      : undefined;
    findings.push(...(comparison?.findings ?? []));
    const isWhole = deep && (input.sample ?? 1) === 1;
    const checksumsCompared = isWhole ? chunks.length : presence.checksumsCompared;
    const rangesCompared = comparison?.rangesCompared ?? null;
    return { findings, checksumsCompared, rangesCompared, rangesDecoded };
  } finally {
    await verifiers.close();
  }
}
