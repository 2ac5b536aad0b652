/** Spans and log records as they are kept and shown with their run. */
import type { JobKey } from "./identity.ts";

export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface SpanRecord {
  traceId: string;
  spanId: string;
  parentSpanId: string | null;
  name: string;
  serviceName: string | null;
  /** Epoch milliseconds, may hold a fraction. */
  startedAt: number;
  endedAt: number;
  status: "unset" | "ok" | "error";
  statusMessage: string | null;
  attributes: Attributes;
  events: readonly { at: number; name: string; attributes: Attributes }[];
  droppedEvents: number;
}

export type LogSeverity = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

export interface LogRecord {
  /** Hash of its content: the same record sent twice is kept once. */
  logId: string;
  /** What the record itself says of its run; any of these may be missing. */
  job: JobKey | null;
  runId: string | null;
  traceId: string | null;
  spanId: string | null;
  at: number;
  severity: LogSeverity | null;
  body: string;
  attributes: Attributes;
}
