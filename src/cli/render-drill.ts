import type { DrillResult, ExerciseResult, Verdict } from '../service/drill/drill-input.ts';
import { formatCount, formatSeconds } from './figures.ts';

const marks: Readonly<Record<Verdict, string>> = { passed: '✓', failed: '✗', skipped: '-' };

/** A line for each exercise, with what was seen below it. */
export function renderDrill({ exercises, store, left, durationSeconds }: DrillResult): string {
  const width = Math.max(...exercises.map(({ title }) => title.length));
  const count = (verdict: Verdict): string =>
    `${exercises.filter((exercise) => exercise.verdict === verdict).length} ${verdict}`;
  const gone =
    left === 0
      ? `${store} is removed`
      : `${left === null ? 'objects' : `${formatCount(left)} objects`} are left below ${store}: remove them`;
  return [
    ...exercises.flatMap((exercise) => lines(exercise, width)),
    '',
    `${count('failed')}, ${count('passed')}, ${count('skipped')} in ${formatSeconds(durationSeconds)}; ${gone}`,
  ].join('\n');
}

/** `✓ P1  passed   backup killed while it ships  2.1 s`. */
function lines({ id, title, verdict, detail, seconds }: ExerciseResult, width: number): string[] {
  return [
    `${marks[verdict]} ${id.padEnd(3)} ${verdict.padEnd(7)}  ${title.padEnd(width)}  ${formatSeconds(seconds)}`,
    `              ${detail}`,
  ];
}
