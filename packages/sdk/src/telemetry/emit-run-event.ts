/** Run events as OpenTelemetry log events `batch.run.<kind>`: what Batchwatch reads a run's life from while it goes on. */
import { LOG_EVENT_PREFIX, RUN_EVENT_ATTRIBUTES } from "@batchwatch/protocol/names";
import type { RunEventKind } from "@batchwatch/protocol/run-event";
import { type Attributes, type Context, logs, SeverityNumber } from "@opentelemetry/api";
import { SCOPE_NAME, SDK_VERSION } from "../version.ts";

export interface EmittedEvent {
  kind: RunEventKind;
  /** Makes a repeated delivery harmless. */
  eventId: string;
  at: number;
  body: string;
  attributes: Attributes;
  context: Context;
}

export function emitRunEvent({ kind, eventId, at, body, attributes, context }: EmittedEvent): void {
  const isBad = kind === "failed" || kind === "dead_lettered";
  const isWorth = isBad || kind === "retrying" || kind === "cancelled";
  logs.getLogger(SCOPE_NAME, SDK_VERSION).emit({
    eventName: LOG_EVENT_PREFIX + kind,
    timestamp: at,
    observedTimestamp: at,
    severityNumber: isBad ? SeverityNumber.ERROR : isWorth ? SeverityNumber.WARN : SeverityNumber.INFO,
    severityText: isBad ? "ERROR" : isWorth ? "WARN" : "INFO",
    body,
    attributes: { ...attributes, [RUN_EVENT_ATTRIBUTES.eventId]: eventId },
    context,
  });
}

/** A line of the run's log. */
export interface EmittedLine {
  body: string;
  severity: "trace" | "debug" | "info" | "warn" | "error" | "fatal";
  attributes: Attributes;
  at?: number;
  context: Context;
  eventName?: string;
}

const SEVERITIES = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
} as const;

export function emitLine({ body, severity, attributes, at, context, eventName }: EmittedLine): void {
  logs.getLogger(SCOPE_NAME, SDK_VERSION).emit({
    ...(eventName !== undefined && { eventName }),
    timestamp: at ?? Date.now(),
    severityNumber: SEVERITIES[severity],
    severityText: severity.toUpperCase(),
    body,
    attributes,
    context,
  });
}
