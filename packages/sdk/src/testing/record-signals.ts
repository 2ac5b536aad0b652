/** OpenTelemetry registered for a test, with exporters that remember: what this package says, without a wire. */
import { context, logs, metrics, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import { MeterProvider, type MetricData, MetricReader } from "@opentelemetry/sdk-metrics";
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";

class AskedReader extends MetricReader {
  protected async onShutdown(): Promise<void> {}
  protected async onForceFlush(): Promise<void> {}
}

export interface RecordedSignals {
  spans(): ReadableSpan[];
  logs(): readonly ReadableLogRecord[];
  /** Names of the log events without `batch.run.`, in order. */
  kinds(): string[];
  /** The attributes of the last log event of this kind. */
  event(kind: string): Record<string, unknown>;
  metrics(): Promise<MetricData[]>;
  stop(): void;
}

export function recordSignals(): RecordedSignals {
  const spanExporter = new InMemorySpanExporter();
  const logExporter = new InMemoryLogRecordExporter();
  const reader = new AskedReader();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spanExporter })] }),
  );
  logs.setGlobalLoggerProvider(
    new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logExporter })] }),
  );
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  const records = (): readonly ReadableLogRecord[] => logExporter.getFinishedLogRecords();
  return {
    spans: () => spanExporter.getFinishedSpans(),
    logs: records,
    kinds: () => records().map(({ eventName }) => (eventName ?? "").replace("batch.run.", "")),
    event: (kind) =>
      records().findLast(({ eventName }) => eventName === `batch.run.${kind}`)?.attributes ?? {},
    async metrics() {
      const { resourceMetrics } = await reader.collect();
      return resourceMetrics.scopeMetrics.flatMap(({ metrics: found }) => found);
    },
    stop() {
      for (const api of [trace, logs, metrics, context]) api.disable();
    },
  };
}
