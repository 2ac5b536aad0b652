/**
 * Run, trace and span ids from the kernel's random numbers. Not from node:crypto: loading it costs more than the rest
 * of `exec` together.
 */
import { closeSync, openSync, readSync } from "node:fs";

function randomHex(bytes: number): string {
  const buffer = Buffer.alloc(bytes);
  const fd = openSync("/dev/urandom", "r");
  try {
    readSync(fd, buffer, 0, bytes, null);
  } finally {
    closeSync(fd);
  }
  return buffer.toString("hex");
}

/** A random UUID (version 4, RFC 9562). */
export function randomUuid(): string {
  const hex = randomHex(16);
  const variant = "89ab"[Number.parseInt(hex.charAt(16), 16) & 3] ?? "8";
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join("-");
}

export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  /** The header's value (W3C Trace Context), for the command's environment. */
  readonly traceparent: string;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A new span: of the trace that was handed to us, if a valid one was, else of a new trace. */
export function newTraceContext(inherited: string | undefined): TraceContext {
  const [, traceId, parentSpanId, flags = "01"] = TRACEPARENT.exec(inherited ?? "") ?? [];
  const spanId = randomHex(8);
  if (
    traceId !== undefined &&
    parentSpanId !== undefined &&
    /[1-9a-f]/.test(traceId) &&
    /[1-9a-f]/.test(parentSpanId)
  )
    return { traceId, spanId, parentSpanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
  const newTraceId = randomHex(16);
  return { traceId: newTraceId, spanId, traceparent: `00-${newTraceId}-${spanId}-01` };
}
