/** snappyjs ships no types: the block format, as remote write uses it. */
declare module "snappyjs" {
  export function compress(bytes: Uint8Array): Uint8Array;
  /** @throws where the bytes are no snappy block, or would decompress to more than `maxLength` */
  export function uncompress(bytes: Uint8Array, maxLength?: number): Uint8Array;
}
