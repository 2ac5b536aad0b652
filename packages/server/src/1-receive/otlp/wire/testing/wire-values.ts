/** For the test encoders: decoded values back to what the wire has. */
import type { SpanKind, SpanStatusCode, Temporality } from "../otlp-types.ts";

export const ENUM_VALUES = {
  kind: [
    "unspecified",
    "internal",
    "server",
    "client",
    "producer",
    "consumer",
  ] satisfies SpanKind[] as SpanKind[],
  statusCode: ["unset", "ok", "error"] satisfies SpanStatusCode[] as SpanStatusCode[],
  temporality: ["unspecified", "delta", "cumulative"] satisfies Temporality[] as Temporality[],
};

const NANOS_PER_MS = 1_000_000;

/** Nanoseconds that decode to exactly this instant: a double's steps today are 244 ns. */
export function toNanos(timeMs: number): bigint {
  const wholeMs = Math.floor(timeMs);
  return BigInt(wholeMs) * BigInt(NANOS_PER_MS) + BigInt(Math.round((timeMs - wholeMs) * NANOS_PER_MS));
}

export function hexBytes(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}

/** Bytes and text decode to the same type. The encoders write as bytes what begins like this base64 text does ("bytes:…"). */
const BYTES_PREFIX = Buffer.from("bytes:").toString("base64");

export function isBytes(text: string): boolean {
  return text.startsWith(BYTES_PREFIX) && Buffer.from(text, "base64").toString("base64") === text;
}

export function markedBytes(bytes: Uint8Array): string {
  return Buffer.concat([Buffer.from("bytes:"), bytes]).toString("base64");
}
