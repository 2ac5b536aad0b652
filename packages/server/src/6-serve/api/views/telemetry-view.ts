/** Log records and spans of a run as the API shows them. Pure. */
import type { logViewSchema, spanViewSchema } from "@batchwatch/protocol";
import type { z } from "zod";
import type { LogRecord, SpanRecord } from "../../../model/telemetry.ts";
import { instant } from "./instants.ts";

export function logView(log: LogRecord): z.infer<typeof logViewSchema> {
  return {
    at: instant(log.at),
    severity: log.severity,
    body: log.body,
    attributes: { ...log.attributes },
    traceId: log.traceId,
    spanId: log.spanId,
  };
}

export function spanView(span: SpanRecord): z.infer<typeof spanViewSchema> {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    serviceName: span.serviceName,
    startedAt: instant(span.startedAt),
    durationMs: Math.max(0, span.endedAt - span.startedAt),
    status: span.status,
    statusMessage: span.statusMessage,
    attributes: { ...span.attributes },
    events: span.events.map((event) => ({
      at: instant(event.at),
      name: event.name,
      attributes: { ...event.attributes },
    })),
  };
}
