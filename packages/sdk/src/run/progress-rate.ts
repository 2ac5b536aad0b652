/** Records a second between two readings of a running total. A total that went back (a new attempt) counts from zero. */
export class ProgressRate {
  latest = 0;
  #total = 0;
  #atMs = 0;

  next(total: number, elapsedMs: number): number {
    const seconds = (elapsedMs - this.#atMs) / 1000;
    const moved = total >= this.#total ? total - this.#total : total;
    if (seconds > 0) this.latest = Math.round((moved / seconds) * 100) / 100;
    this.#total = total;
    this.#atMs = elapsedMs;
    return this.latest;
  }
}
