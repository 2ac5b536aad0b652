/**
 * One OTLP request of either transport: decoded, mapped, handed to the intake; answered after the commit with what was left out.
 */
import type { Clock } from "../../lib/clock.ts";
import { EMPTY_BATCH, type Intake, type IntakeBatch } from "../../model/intake.ts";
import type { SelfMetrics } from "../../self-monitoring/self-metrics.ts";
import { mapLogs } from "./map/map-logs.ts";
import { mapMetrics } from "./map/map-metrics.ts";
import { mapSpans } from "./map/map-spans.ts";
import type { MapContext } from "./map/origin.ts";
import { decodeLogs, decodeMetrics, decodeTraces } from "./wire/decode-request.ts";
import { type PartialSuccess, partialSuccessOf } from "./wire/encode-response.ts";
import type { OtlpFormat, OtlpSignal, RejectedItems } from "./wire/otlp-types.ts";

export interface OtlpParts {
  intake: Intake;
  clock: Clock;
  selfMetrics: SelfMetrics;
}

export type ReceiveOtlp = (
  signal: OtlpSignal,
  body: Buffer,
  format: OtlpFormat,
  namespace: string | null,
) => Promise<PartialSuccess | null>;

/** @throws OtlpDecodeError (never retry), IntakeOverloadedError and StorageError (retry). */
export function createOtlpReceiver({ intake, clock, selfMetrics }: OtlpParts): ReceiveOtlp {
  const meter = selfMetrics.stage("receive_otlp");
  return async (signal, body, format, namespace) => {
    const begunAt = performance.now();
    const context: MapContext = { namespace: namespace ?? "default", receivedAt: clock.now() };
    const { batch, rejected, items } = readRequest(signal, body, format, context);
    if (rejected.count > 0)
      selfMetrics.count("otlp_rejected", "OTLP items left out of a request.", { signal }, rejected.count);
    if (items > 0) await intake.submit(batch);
    meter.done(performance.now() - begunAt, items);
    return partialSuccessOf(rejected);
  };
}

function readRequest(signal: OtlpSignal, body: Buffer, format: OtlpFormat, context: MapContext) {
  switch (signal) {
    case "traces": {
      const decoded = decodeTraces(body, format);
      const { events, spans } = mapSpans(decoded, context);
      return result({ events, spans }, body, decoded.rejected, spans.length);
    }
    case "logs": {
      const decoded = decodeLogs(body, format);
      const { events, links, logs } = mapLogs(decoded, context);
      return result({ events, links, logs }, body, decoded.rejected, logs.length);
    }
    case "metrics": {
      const decoded = decodeMetrics(body, format);
      const { samples, metricPoints } = mapMetrics(decoded, context);
      return result({ samples, metricPoints }, body, decoded.rejected, samples?.times.length ?? 0);
    }
  }
}

function result(parts: Partial<IntakeBatch>, body: Buffer, rejected: RejectedItems, items: number) {
  return { batch: { ...EMPTY_BATCH, ...parts, sizeBytes: body.length }, rejected, items };
}
