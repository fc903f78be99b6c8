import { styleText } from 'node:util';
import type { Progress } from '../../core/events.ts';
import { formatCount } from '../figures.ts';
import { visible } from '../logging/log-line.ts';
import type { Pace } from './progress-meter.ts';

/**
 * One line of at most `columns - 1` characters: phase, bar, percent, rate, time left. What does not fit is left out,
 * the bar first and the percentage last.
 */
export function progressBar(progress: Progress, pace: Pace, columns: number, color: boolean): string {
  const room = Math.max(0, columns - 1);
  const percent = pace.fraction === undefined ? '' : `${Math.floor(pace.fraction * 100)}%`;
  const rate = `${formatCount(Math.round(pace.rate))} ${progress.noun ?? 'rows'}/s`;
  const left = pace.secondsLeft === undefined ? '' : `${clock(pace.secondsLeft)} left`;
  const phase = visible(progress.phase);
  for (const parts of [[phase, percent, rate, left], [percent, rate, left], [percent, left], [percent]]) {
    const shown = parts.filter((part) => part !== '');
    const length = shown.join(gap).length;
    if (length > room) continue;
    const bar = pace.fraction === undefined ? undefined : drawBar(pace.fraction, room - length, color);
    if (bar !== undefined) shown.splice(shown.indexOf(percent), 0, bar);
    return shown.join(gap);
  }
  return '';
}

const gap = '  ';

/** The bar itself, where at least ten characters are free for it. */
function drawBar(fraction: number, free: number, color: boolean): string | undefined {
  const width = Math.min(30, free - gap.length);
  if (width < 10) return undefined;
  const done = Math.floor(fraction * width);
  const full = '█'.repeat(done);
  const rest = '░'.repeat(width - done);
  if (!color) return full + rest;
  return (
    styleText('green', full, { validateStream: false }) + styleText('dim', rest, { validateStream: false })
  );
}

/** `1:02:03` or `2:03`. */
export function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
