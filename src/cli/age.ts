import { formatSeconds } from './figures.ts';

/** `3 h 25 min`, `12 days`: how long ago something was. */
export function formatAge(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  return days < 3 ? formatSeconds(Math.max(0, seconds)) : `${days} days`;
}
