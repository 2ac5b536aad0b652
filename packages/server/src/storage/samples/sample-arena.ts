/**
 * Memory for the samples of one question, used again for the next: fresh memory costs a page fault for each 4 KiB, which
 * takes longer than decoding what is written there.
 */

/** 64 MiB stay with an idle reader at most. */
const KEPT_SAMPLES = 8 * 1024 * 1024;
/** A piece is as long as the longest wish, and at least this. */
const PIECE_SAMPLES = 256 * 1024;

export class SampleArena {
  #pieces: Float64Array[] = [];
  #piece = 0;
  #used = 0;

  /** Holds anything; valid until `reset`. */
  take(count: number): Float64Array {
    for (;;) {
      const piece = this.#pieces[this.#piece];
      if (piece === undefined) {
        this.#pieces.push(new Float64Array(Math.max(count, PIECE_SAMPLES)));
        this.#used = 0;
      } else if (piece.length - this.#used >= count) {
        const taken = piece.subarray(this.#used, this.#used + count);
        this.#used += count;
        return taken;
      } else {
        this.#piece += 1;
        this.#used = 0;
      }
    }
  }

  reset(): void {
    this.#piece = 0;
    this.#used = 0;
    let kept = 0;
    this.#pieces = this.#pieces.filter((piece) => {
      kept += piece.length;
      return kept <= KEPT_SAMPLES;
    });
  }
}
