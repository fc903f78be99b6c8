import { resolve } from 'node:path';
import { errorCodes } from '../../core/error-codes.ts';
import { BackupError } from '../../core/errors.ts';
import type { ProveInput, ProveResult } from '../../service/proof/prove-restore.ts';
import type { MeasuredStore } from '../../store/with-measure.ts';
import type { VerifyResult } from '../../verify/verify-input.ts';
import { runVerify } from '../../verify/run.ts';
import type { CommandContext, RunCommand } from '../command.ts';
import { storeOf, targetOf } from '../connections.ts';
import { formatBytes, formatCount, formatSeconds } from '../figures.ts';

export const verify: RunCommand = async (context) => {
  const { settings, reporter } = context;
  const { against, at, deep } = settings;
  refuseMixture(context);
  const store = await storeOf(context);
  try {
    const how = settings.restore ? ', by restoring it' : deep ? ', every chunk' : '';
    reporter.log('info', `Verifying ${at} of ${store.url}${how}`);
    const input = inputOf(context, store);
    const result: VerifyResult & Partial<ProveResult> = settings.restore
      ? await prove(context, input)
      : await runVerify({
          ...input,
          deep: deep || settings.sample !== undefined,
          sample: deep ? undefined : shareOf(settings.sample),
          against: against && { target: await targetOf(context, against), url: against },
          tables: context.isFlag('table') ? settings.table : undefined,
        });
    reporter.log('info', summary(result));
    const exitCode = result.status === 'ok' ? 0 : errorCodes.E_VERIFY_DAMAGED.exit;
    return { exitCode, json: result, text: render(context, result) };
  } finally {
    store.close();
  }
};

function inputOf({ settings, reporter, signal, host }: CommandContext, store: MeasuredStore) {
  const { at, maxWorkers } = settings;
  const checkpointFile = resolve(host.folder, settings.checkpointFile);
  return { store, at, checkpointFile, maxWorkers, reporter, signal };
}

/** What a restore is for is loaded for it alone. */
async function prove(
  context: CommandContext,
  input: Omit<ProveInput, 'scratchUrl' | 'resolve' | 'version'>,
): Promise<ProveResult> {
  const { proveRestore } = await import('../../service/proof/prove-restore.ts');
  const { scratchUrl } = context.settings;
  const { version } = context;
  return proveRestore({ ...input, scratchUrl, version, resolve: (url) => targetOf(context, url) });
}

function decoded({ deep, rangesDecoded, ranges }: VerifyResult): string[] {
  if (!deep || rangesDecoded === null) return [];
  if (rangesDecoded === ranges) return ['every chunk decoded'];
  return [`${formatCount(rangesDecoded)} of ${formatCount(ranges)} ranges decoded`];
}

/** `5%` as 0.05. */
function shareOf(sample: string | undefined): number | undefined {
  return sample === undefined ? undefined : Number(sample.slice(0, -1)) / 100;
}

/** @throws BackupError E_USAGE */
function refuseMixture({ settings, isFlag }: CommandContext): void {
  const { restore, deep, against, scratchUrl, sample } = settings;
  if (sample !== undefined && isFlag('sample') && (deep || restore)) {
    throw new BackupError('E_USAGE', '--sample goes with neither --deep nor --restore', {
      hint: 'Both read everything: leave --sample out, or them.',
    });
  }
  if (restore && (deep || against !== undefined || isFlag('table'))) {
    throw new BackupError('E_USAGE', '--restore goes with neither --deep, --against nor --table', {
      hint: 'It restores all tables and compares every row: leave the others out.',
    });
  }
  if (!restore && scratchUrl !== undefined && isFlag('scratchUrl')) {
    throw new BackupError('E_USAGE', '--scratch-url is of use with --restore only', {
      hint: 'Add --restore, or leave out --scratch-url.',
    });
  }
}

function render({ settings }: CommandContext, result: VerifyResult & Partial<ProveResult>): string {
  if (result.proof) return `${summary(result)}\nProof ${result.proof.object}`;
  if (result.status === 'ok') return summary(result);
  return [
    summary(result),
    ...result.findings.map(({ code, object, detail }) => `  ${code}  ${object}\n      ${detail}`),
    settings.against === undefined
      ? '`repair` replaces damaged chunks of the newest restore point. To restore, choose one that has none of this: `list` shows them, `verify --at` checks one.'
      : 'The restore point and the database differ; `restore --at` brings back what the restore point holds.',
  ].join('\n');
}

function summary(result: VerifyResult & Partial<ProveResult>): string {
  const {
    proof,
    findings,
    manifestsChecked,
    tables,
    rows,
    chunks,
    bytes,
    checksumsCompared,
    rangesCompared,
  } = result;
  const counted = (count: number, noun: string) => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
  const facts = [
    counted(manifestsChecked, 'manifest'),
    counted(tables, 'table'),
    counted(rows, 'row'),
    counted(chunks, 'chunk'),
    formatBytes(bytes),
    `${counted(checksumsCompared, 'checksum')} compared`,
    ...decoded(result),
    ...(proof
      ? [
          `restored in ${formatSeconds(proof.restoreSeconds)} with ${counted(proof.constraints, 'constraint')} and ${formatCount(proof.indexes)} indexes`,
        ]
      : []),
    ...(rangesCompared === null ? [] : [`${counted(rangesCompared, 'range')} compared with the database`]),
    formatSeconds(result.durationSeconds),
  ];
  const verdict = findings.length === 0 ? '✅ Sound' : `❌ ${counted(findings.length, 'finding')}`;
  return `${verdict}: ${result.manifest} (${facts.join(', ')})`;
}
