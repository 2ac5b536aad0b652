/**
 * Collects what ends and is logged, and hands it to the sending thread as OTLP requests. What tells of a run's life goes at once, in
 * the turn in which it is said, for the job may keep its thread busy from then on; the rest goes in batches.
 */
import { LOG_EVENT_PREFIX, SPAN_PREFIXES } from "@batchwatch/protocol/names";
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from "@opentelemetry/otlp-transformer";
import type { LogRecordProcessor, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { MetricReader } from "@opentelemetry/sdk-metrics";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";
import { guarded } from "../run/guarded.ts";
import type { Destination, OtlpProtocol, OtlpSignal } from "./export-options.ts";
import type { Bodies } from "./worker-messages.ts";

const BATCH = 512;
const BATCH_MS = 1_000;
/** A job of a thousand short steps is not told of a thousand times at once. */
const SOON_MS = 20;
const TRACE_FLAG_SAMPLED = 1;

export interface OutboxParts {
  destinations: readonly Destination[];
  send: (signal: OtlpSignal, bodies: Bodies) => void;
}

export class Outbox {
  readonly spanProcessor: SpanProcessor;
  readonly logProcessor: LogRecordProcessor;
  readonly metricReader: CollectingReader;
  readonly #parts: OutboxParts;
  readonly #protocols: readonly OtlpProtocol[];
  #spans: ReadableSpan[] = [];
  #logs: ReadableLogRecord[] = [];
  #timer: NodeJS.Timeout | null = null;
  #timerIsSoon = false;
  #flushedAt = 0;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#protocols = [...new Set(parts.destinations.map(({ protocol }) => protocol))];
    this.metricReader = new CollectingReader();
    const nothing = async (): Promise<void> => {};
    this.spanProcessor = {
      onStart() {},
      onEnd: (span) => {
        if ((span.spanContext().traceFlags & TRACE_FLAG_SAMPLED) === 0) return;
        this.#spans.push(span);
        this.#schedule(span.name.startsWith(SPAN_PREFIXES.job), this.#spans.length);
      },
      forceFlush: async () => this.flush(),
      shutdown: nothing,
    };
    this.logProcessor = {
      onEmit: (record) => {
        this.#logs.push(record);
        const isOfLife = record.eventName?.startsWith(LOG_EVENT_PREFIX) === true;
        this.#schedule(isOfLife && record.eventName !== `${LOG_EVENT_PREFIX}log`, this.#logs.length);
      },
      forceFlush: async () => this.flush(),
      shutdown: nothing,
    };
  }

  /** Hands over all that waits, in this turn. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#flushedAt = performance.now();
    const logs = this.#logs;
    const spans = this.#spans;
    this.#logs = [];
    this.#spans = [];
    // Logs first: the end of a run stands there with all that is known.
    if (logs.length > 0)
      this.#send("logs", (protocol) =>
        (protocol === "http/json" ? JsonLogsSerializer : ProtobufLogsSerializer).serializeRequest(logs),
      );
    if (spans.length > 0)
      this.#send("traces", (protocol) =>
        (protocol === "http/json" ? JsonTraceSerializer : ProtobufTraceSerializer).serializeRequest(spans),
      );
  }

  /** Collects the metrics and hands them over: done after some microtasks where no instrument waits for anything. */
  async collectMetrics(): Promise<void> {
    const { resourceMetrics } = await this.metricReader.collect();
    if (resourceMetrics.scopeMetrics.every(({ metrics }) => metrics.length === 0)) return;
    this.#send("metrics", (protocol) =>
      (protocol === "http/json" ? JsonMetricsSerializer : ProtobufMetricsSerializer).serializeRequest(
        resourceMetrics,
      ),
    );
  }

  #send(signal: OtlpSignal, serialise: (protocol: OtlpProtocol) => Uint8Array | undefined): void {
    const bodies: Bodies = {};
    for (const protocol of this.#protocols) {
      const body = guarded(`serialising ${signal}`, () => serialise(protocol), undefined);
      if (body !== undefined) bodies[protocol] = body;
    }
    if (Object.keys(bodies).length > 0) this.#parts.send(signal, bodies);
  }

  #schedule(isUrgent: boolean, waiting: number): void {
    if (isUrgent && performance.now() - this.#flushedAt >= SOON_MS) {
      this.flush();
      return;
    }
    if (waiting >= BATCH) {
      this.flush();
      return;
    }
    if (this.#timer !== null && (this.#timerIsSoon || !isUrgent)) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerIsSoon = isUrgent;
    this.#timer = setTimeout(() => this.flush(), isUrgent ? SOON_MS : BATCH_MS);
    this.#timer.unref();
  }
}

/** A reader that reads when it is asked to, with totals since the process began. */
class CollectingReader extends MetricReader {
  protected async onShutdown(): Promise<void> {}
  protected async onForceFlush(): Promise<void> {}
}
