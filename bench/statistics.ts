/** The middle of the values, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Linear between the two values it falls between. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN];
  return low + (high - low) * (place - Math.floor(place));
}

/** Median of the ratios of what was measured in turn: what slowed the machine down for a while, slowed both. */
export function pairedRatio(over: readonly number[], under: readonly number[]): number {
  return median(over.flatMap((value, turn) => (under[turn] ? [value / under[turn]] : [])));
}

/** The straight line `start + slope × x` of least relative error, so that small values count as much as large ones. */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): {
  readonly start: number;
  readonly slope: number;
} {
  let [w, wx, wy, wxx, wxy] = [0, 0, 0, 0, 0];
  for (const [x, y] of points) {
    const weight = 1 / (y * y);
    w += weight;
    wx += weight * x;
    wy += weight * y;
    wxx += weight * x * x;
    wxy += weight * x * y;
  }
  const slope = (w * wxy - wx * wy) / (w * wxx - wx * wx);
  return { start: (wy - slope * wx) / w, slope };
}
