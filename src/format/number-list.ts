/** Numbers that are added one by one, in eight bytes each. */
export class NumberList {
  #numbers = new Float64Array(64);
  #count = 0;

  add(number: number): void {
    if (this.#count === this.#numbers.length) {
      const larger = new Float64Array(2 * this.#count);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#count++] = number;
  }

  /** In ascending order, each once. Nothing may be added any more. */
  sorted(): Float64Array {
    const sorted = this.#numbers.subarray(0, this.#count).sort();
    let kept = 0;
    for (const number of sorted) {
      if (kept === 0 || number !== sorted[kept - 1]) sorted[kept++] = number;
    }
    return sorted.subarray(0, kept);
  }
}
