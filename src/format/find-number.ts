/** Where `number` stands among ascending numbers; undefined where it is none of them. */
export function findNumber(numbers: Float64Array, number: number): number | undefined {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  return numbers[low] === number ? low : undefined;
}
