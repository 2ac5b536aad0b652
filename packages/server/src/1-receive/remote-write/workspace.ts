/**
 * Memory that one request reads itself into: the decompressed body and the columns of a slice. Kept from request to request,
 * because new memory for each would keep the garbage collector busier than everything else together.
 */

/** Its commit takes a few milliseconds. */
export const SLICE_SAMPLES = 10_000;
/** Larger bodies get memory of their own. */
const KEPT_BODY_BYTES = 1024 * 1024;
/** Requests at a time that find memory ready. */
const KEPT_WORKSPACES = 16;

export class Workspace {
  readonly seriesIndex: Uint32Array;
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** The halves of the values. */
  readonly words: Uint32Array;
  #body: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(samples: number = SLICE_SAMPLES) {
    this.seriesIndex = new Uint32Array(samples);
    this.times = new Float64Array(samples);
    this.values = new Float64Array(samples);
    this.words = new Uint32Array(this.values.buffer);
  }

  get samples(): number {
    return this.times.length;
  }

  body(length: number): Uint8Array<ArrayBuffer> {
    if (length > KEPT_BODY_BYTES) return new Uint8Array(length);
    if (length > this.#body.length) this.#body = new Uint8Array(Math.max(length, this.#body.length * 2));
    return this.#body;
  }
}

export class Workspaces {
  readonly #free: Workspace[] = [];

  /** Lends one for as long as `work` takes. */
  async use<T>(work: (workspace: Workspace) => Promise<T>): Promise<T> {
    const workspace = this.#free.pop() ?? new Workspace();
    try {
      return await work(workspace);
    } finally {
      if (this.#free.length < KEPT_WORKSPACES) this.#free.push(workspace);
    }
  }
}
