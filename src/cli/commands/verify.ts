import { resolve } from 'node:path';
import { errorCodes } from '../../core/error-codes.ts';
import type { VerifyResult } from '../../verify/verify-input.ts';
import { runVerify } from '../../verify/run.ts';
import type { CommandContext, RunCommand } from '../command.ts';
import { storeOf, targetOf } from '../connections.ts';
import { formatBytes, formatCount, formatSeconds } from '../figures.ts';

export const verify: RunCommand = async (context) => {
  const { settings, isFlag, reporter, signal, host } = context;
  const { against, at, deep, maxWorkers } = settings;
  const store = await storeOf(context);
  try {
    reporter.log('info', `Verifying ${at} of ${store.url}${deep ? ', every chunk' : ''}`);
    const result = await runVerify({
      store,
      at,
      deep,
      against: against && { target: await targetOf(context, against), url: against },
      tables: isFlag('table') ? settings.table : undefined,
      checkpointFile: resolve(host.folder, settings.checkpointFile),
      maxWorkers,
      reporter,
      signal,
    });
    reporter.log('info', summary(result));
    const exitCode = result.status === 'ok' ? 0 : errorCodes.E_VERIFY_DAMAGED.exit;
    return { exitCode, json: result, text: render(context, result) };
  } finally {
    store.close();
  }
};

function render({ settings }: CommandContext, result: VerifyResult): string {
  if (result.status === 'ok') return summary(result);
  return [
    summary(result),
    ...result.findings.map(({ code, object, detail }) => `  ${code}  ${object}\n      ${detail}`),
    settings.against === undefined
      ? 'Restore from a restore point that has none of this: `list` shows them, `verify --at` checks one.'
      : 'The restore point and the database differ; `restore --at` brings back what the restore point holds.',
  ].join('\n');
}

function summary(result: VerifyResult): string {
  const { findings, manifestsChecked, tables, rows, chunks, bytes, checksumsCompared, rangesCompared } =
    result;
  const counted = (count: number, noun: string) => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
  const facts = [
    counted(manifestsChecked, 'manifest'),
    counted(tables, 'table'),
    counted(rows, 'row'),
    counted(chunks, 'chunk'),
    formatBytes(bytes),
    `${counted(checksumsCompared, 'checksum')} compared`,
    ...(result.deep ? ['every chunk decoded'] : []),
    ...(rangesCompared === null ? [] : [`${counted(rangesCompared, 'range')} compared with the database`]),
    formatSeconds(result.durationSeconds),
  ];
  const verdict = findings.length === 0 ? '✅ Sound' : `❌ ${counted(findings.length, 'finding')}`;
  return `${verdict}: ${result.manifest} (${facts.join(', ')})`;
}
