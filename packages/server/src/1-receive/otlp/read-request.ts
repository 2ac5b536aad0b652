/**
 * The bytes of one request → what the intake takes, in slices: a commit of one slice is short, so heartbeats and pings come in
 * between however large the request is. A pure function of its arguments; runs in a worker for large bodies.
 */
import { EMPTY_BATCH, type IntakeBatch } from "../../model/intake.ts";
import { LeftOut } from "./map/left-out.ts";
import { mapLogs } from "./map/map-logs.ts";
import { mapMetrics } from "./map/map-metrics.ts";
import { mapSpans } from "./map/map-spans.ts";
import type { MapContext } from "./map/origin.ts";
import { sliceBatch } from "./slice-batch.ts";
import { decodeLogs, decodeMetrics, decodeTraces } from "./wire/decode-request.ts";
import type { OtlpFormat, OtlpSignal, RejectedItems } from "./wire/otlp-types.ts";

export interface OtlpRequest {
  signal: OtlpSignal;
  body: Uint8Array;
  format: OtlpFormat;
  namespace: string | null;
  receivedAt: number;
}

export interface ReadRequest {
  slices: IntakeBatch[];
  rejected: RejectedItems;
  /** Spans, log records or samples. */
  items: number;
}

/** @throws OtlpDecodeError */
export function readRequest(request: OtlpRequest): ReadRequest {
  const { signal, format, namespace, receivedAt } = request;
  const body = Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength);
  const contextOf = (decoded: { rejected: RejectedItems }): MapContext => ({
    namespace: namespace ?? "default",
    receivedAt,
    leftOut: new LeftOut(decoded.rejected, receivedAt),
  });
  const result = (context: MapContext, parts: Partial<IntakeBatch>, items: number): ReadRequest => ({
    slices: items === 0 ? [] : sliceBatch({ ...EMPTY_BATCH, ...parts, sizeBytes: body.length }),
    rejected: context.leftOut.items(),
    items,
  });
  switch (signal) {
    case "traces": {
      const decoded = decodeTraces(body, format);
      const context = contextOf(decoded);
      const mapped = mapSpans(decoded, context);
      return result(context, mapped, mapped.spans.length);
    }
    case "logs": {
      const decoded = decodeLogs(body, format);
      const context = contextOf(decoded);
      const mapped = mapLogs(decoded, context);
      return result(context, mapped, mapped.logs.length);
    }
    case "metrics": {
      const decoded = decodeMetrics(body, format);
      const context = contextOf(decoded);
      const { items, ...mapped } = mapMetrics(decoded, context);
      return result(context, mapped, items);
    }
  }
}
