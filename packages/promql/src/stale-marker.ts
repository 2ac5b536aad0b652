/**
 * The stale marker: the NaN with the bits 0x7ff0000000000002, "this series ended here". It is told from other NaN by its
 * bits, which JavaScript keeps when typed arrays are copied but not always through arithmetic on numbers: so look at
 * the array, not at a number that was read from it.
 */
const HIGH_BITS = 0x7ff00000;
const LOW_BITS = 0x00000002;

export const STALE_MARKER: Float64Array = new Float64Array(new Uint32Array([LOW_BITS, HIGH_BITS]).buffer);

/** True where `values[index]` is a stale marker. Cheap for numbers: only a NaN looks at its bits. */
export function isStaleAt(values: Float64Array, index: number): boolean {
  if (!Number.isNaN(values[index])) return false;
  const words = new Uint32Array(values.buffer, values.byteOffset + index * 8, 2);
  return words[0] === LOW_BITS && words[1] === HIGH_BITS;
}

/** Writes a stale marker without passing it through a number. */
export function setStale(values: Float64Array, index: number): void {
  const words = new Uint32Array(values.buffer, values.byteOffset + index * 8, 2);
  words[0] = LOW_BITS;
  words[1] = HIGH_BITS;
}
