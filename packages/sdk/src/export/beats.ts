/**
 * Heartbeats of open runs, on the sending thread: they go on while the job's own thread is busy, and say for how long its event loop
 * has not turned. As OTLP/JSON by hand: a log event `batch.run.heartbeat` and the two gauges of the run.
 */
import {
  ATTRIBUTES,
  LOG_EVENT_PREFIX,
  METRIC_NAMES,
  RUN_EVENT_ATTRIBUTES as NAMES,
} from "@batchwatch/protocol/names";
import type { Attributes } from "@opentelemetry/api";
import { ProgressRate } from "../run/progress-rate.ts";
import { recordsOf, type SharedCounts, SLOT, totalOf } from "../run/run-counts.ts";
import { ResourceMeter } from "../telemetry/process-resources.ts";
import { recordAttributes, resourceAttributes } from "../telemetry/run-attributes.ts";
import { SCOPE_NAME, SDK_VERSION } from "../version.ts";
import { LOOP_SLOT } from "./loop-slots.ts";
import type { OtlpBody } from "./post-otlp.ts";

const STUCK_FROM_MS = 1_000;

export interface BeatenRun {
  key: number;
  runId: string;
  jobName: string;
  identity: Attributes;
  intervalMs: number;
  counts: SharedCounts;
}

export class Beats {
  readonly #resource: Attributes;
  readonly #loop: Float64Array;
  readonly #send: (body: OtlpBody) => void;
  readonly #now: () => number;
  readonly #runs = new Map<number, NodeJS.Timeout>();
  #sequence = 0;

  constructor(parts: {
    resource: Attributes;
    loop: Float64Array;
    send: (body: OtlpBody) => void;
    now: () => number;
  }) {
    this.#resource = parts.resource;
    this.#loop = parts.loop;
    this.#send = parts.send;
    this.#now = parts.now;
  }

  start(run: BeatenRun): void {
    const rate = new ProgressRate();
    const resources = new ResourceMeter();
    const begunAt = performance.now();
    const timer = setInterval(() => {
      if (run.counts[SLOT.ended] === 1) this.end(run.key);
      else this.#beat(run, rate, resources, performance.now() - begunAt);
    }, run.intervalMs);
    this.#runs.set(run.key, timer);
  }

  end(key: number): void {
    clearInterval(this.#runs.get(key));
    this.#runs.delete(key);
  }

  endAll(): void {
    for (const key of [...this.#runs.keys()]) this.end(key);
  }

  #beat(run: BeatenRun, rate: ProgressRate, resources: ResourceMeter, elapsedMs: number): void {
    const at = this.#now();
    const records = recordsOf(run.counts);
    const total = totalOf(run.counts);
    const perSecond = records.processed === undefined ? null : rate.next(records.processed, elapsedMs);
    const blockedMs = at - (this.#loop[LOOP_SLOT.turnedAt] ?? at);
    const lateMs = this.#loop[LOOP_SLOT.lateMs] ?? 0;
    this.#loop[LOOP_SLOT.lateMs] = 0;
    const isStuck = blockedMs >= STUCK_FROM_MS;
    this.#send(
      this.#log(
        at,
        isStuck ? `Under way; the event loop is stuck for ${Math.round(blockedMs)} ms` : "Under way",
        {
          ...run.identity,
          [NAMES.eventId]: `beat-${run.runId}-${run.key}-${this.#sequence++}`.slice(0, 200),
          [NAMES.attempt]: run.counts[SLOT.attempt] || 1,
          [NAMES.heartbeatIntervalMs]: run.intervalMs,
          ...recordAttributes(records),
          ...(perSecond !== null && { [NAMES.progressRate]: perSecond }),
          ...(total !== null && { [NAMES.recordsTotal]: total }),
          ...resourceAttributes(resources.read()),
          [NAMES.loopDelayMs]: Math.round(lateMs),
          ...(isStuck && { [NAMES.loopBlockedMs]: Math.round(blockedMs) }),
        },
      ),
    );
    this.#send(this.#gauges(at, run, perSecond));
  }

  #log(at: number, body: string, attributes: Attributes): OtlpBody {
    const time = nanos(at);
    const record = {
      timeUnixNano: time,
      observedTimeUnixNano: time,
      severityNumber: 9,
      severityText: "INFO",
      eventName: `${LOG_EVENT_PREFIX}heartbeat`,
      body: { stringValue: body },
      attributes: keyValues(attributes),
    };
    const scopeLogs = [{ scope: scope(), logRecords: [record] }];
    return json("logs", { resourceLogs: [{ resource: this.#resourceJson(), scopeLogs }] });
  }

  #gauges(at: number, run: BeatenRun, perSecond: number | null): OtlpBody {
    const namespace = run.identity[ATTRIBUTES.namespace];
    const attributes = keyValues({
      job_id: run.runId,
      job_name: run.jobName,
      ...(namespace !== undefined && { [ATTRIBUTES.namespace]: namespace }),
    });
    const gauge = (name: string, value: number): object => ({
      name,
      gauge: { dataPoints: [{ timeUnixNano: nanos(at), asDouble: value, attributes }] },
    });
    const metrics = [
      gauge(METRIC_NAMES.heartbeat, at / 1000),
      ...(perSecond === null ? [] : [gauge(METRIC_NAMES.progressRate, perSecond)]),
    ];
    const scopeMetrics = [{ scope: scope(), metrics }];
    return json("metrics", { resourceMetrics: [{ resource: this.#resourceJson(), scopeMetrics }] });
  }

  #resourceJson(): object {
    return { attributes: keyValues(this.#resource) };
  }
}

function scope(): object {
  return { name: SCOPE_NAME, version: SDK_VERSION };
}

function json(signal: OtlpBody["signal"], request: object): OtlpBody {
  return { signal, protocol: "http/json", body: new TextEncoder().encode(JSON.stringify(request)) };
}

function nanos(at: number): string {
  return `${Math.round(at)}000000`;
}

function keyValues(attributes: Attributes): object[] {
  return Object.entries(attributes).flatMap(([key, given]): object[] => {
    const value = anyValue(given);
    return value === null ? [] : [{ key, value }];
  });
}

function anyValue(value: Attributes[string]): object | null {
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "boolean":
      return { boolValue: value };
    case "number":
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    default:
      return null;
  }
}
