/** `16/B374D848` as a number; undefined where it is none. */
export function parseLsn(text: string | null): bigint | undefined {
  const [, high, low] = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/.exec(text ?? '') ?? [];
  if (high === undefined || low === undefined) return undefined;
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

/** Whether a WAL position lies before the one that is known; false where one of them is unknown. */
export function isBehind(lsn: string | null, kept: string | null): boolean {
  const [now, then] = [parseLsn(lsn), parseLsn(kept)];
  return now !== undefined && then !== undefined && now < then;
}
