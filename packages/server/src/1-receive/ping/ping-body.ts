/**
 * A ping's body: never refused for its size. The first and the last bytes are kept, since the reason of a failure
 * stands in either; what lies between is thrown away as it arrives.
 */

import type { Readable } from "node:stream";
import { boundary, cleanText, joinCut } from "@batchwatch/protocol";

export interface PingBody {
  text: string;
  cut: boolean;
  sizeBytes: number;
}

/** Reads to the end, holding at most about twice `limitBytes`: that much of its beginning and of its end. */
export async function readPingBody(source: Readable, limitBytes: number): Promise<PingBody> {
  const head: Buffer[] = [];
  let headBytes = 0;
  let tail = Buffer.alloc(0);
  let sizeBytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    const taken = chunk.subarray(0, Math.max(0, limitBytes - headBytes));
    if (taken.length > 0) {
      head.push(taken);
      headBytes += taken.length;
    }
    const rest = chunk.subarray(taken.length);
    if (rest.length > 0) tail = lastBytes(tail, rest, limitBytes);
  }
  const beginning = Buffer.concat(head, headBytes);
  const missingBytes = sizeBytes - beginning.length - tail.length;
  if (missingBytes === 0)
    return { text: cleanText(Buffer.concat([beginning, tail]).toString("utf8")), cut: false, sizeBytes };
  const end = tail.subarray(boundary(tail, 0));
  return { text: cleanText(joinCut(beginning, end, missingBytes)), cut: true, sizeBytes };
}

/** Amortised: copies only when twice the limit has come together. */
function lastBytes(tail: Buffer, rest: Buffer, limitBytes: number): Buffer<ArrayBuffer> {
  const joined = Buffer.concat([tail, rest]);
  return joined.length <= limitBytes ? joined : Buffer.from(joined.subarray(joined.length - limitBytes));
}
