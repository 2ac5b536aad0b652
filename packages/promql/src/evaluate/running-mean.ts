/** A compensated mean: of the sum as long as that does not overflow, incremental from then on. */
export class RunningMean {
  count = 0;
  #sum = 0;
  #compensation = 0;
  #incremental = false;

  add(value: number): void {
    this.count += 1;
    if (this.count === 1) {
      this.#sum = value;
      return;
    }
    if (!this.#incremental) {
      const next = this.#sum + value;
      if (next !== Number.POSITIVE_INFINITY && next !== Number.NEGATIVE_INFINITY) {
        this.#compensate(this.#sum, value, next);
        return;
      }
      this.#incremental = true;
      this.#sum /= this.count - 1;
      this.#compensation /= this.count - 1;
    }
    const share = (this.count - 1) / this.count;
    const mean = share * this.#sum;
    this.#compensation *= share;
    this.#compensate(mean, value / this.count, mean + value / this.count);
  }

  #compensate(sum: number, value: number, next: number): void {
    if (next === Number.POSITIVE_INFINITY || next === Number.NEGATIVE_INFINITY) this.#compensation = 0;
    else if (Math.abs(sum) >= Math.abs(value)) this.#compensation += sum - next + value;
    else this.#compensation += value - next + sum;
    this.#sum = next;
  }

  get mean(): number {
    if (this.#incremental) return this.#sum + this.#compensation;
    return this.#sum / this.count + this.#compensation / this.count;
  }
}
