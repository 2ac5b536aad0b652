/** Arbitrary events of one run, close enough in time to meet each other in every way. */
import fc from "fast-check";
import type { RunEvent } from "../run-event.ts";
import { T0, TEST_JOB } from "./make-event.ts";

const KINDS: readonly RunEvent["kind"][] = [
  "scheduled",
  "queued",
  "started",
  "started",
  "heartbeat",
  "progress",
  "step_started",
  "step_ended",
  "records",
  "completed",
  "completed",
  "failed",
  "failed",
  "retrying",
  "dead_lettered",
  "cancelled",
  "skipped",
  "log",
  "suspected",
  "lost",
  "finalised",
];
const WITNESSES = ["sdk", "cli", "ping", "otlp-span", "otlp-metric"] as const;

const count = fc.nat({ max: 50 });
const instant = fc.integer({ min: 0, max: 40 }).map((second) => T0 + second * 1000);
const records = fc.record({ processed: count, failed: count, loaded: count }, { requiredKeys: [] });
const step = fc.record(
  {
    name: fc.constantFrom("extract", "transform", "load"),
    outcome: fc.constantFrom("success", "failure", "skipped"),
    records,
  },
  { requiredKeys: ["name"] },
);

const extras = fc.record(
  {
    attempt: fc.integer({ min: 1, max: 3 }),
    scheduledAt: instant,
    queuedAt: instant,
    startedAt: instant,
    durationMs: fc.integer({ min: 0, max: 20_000 }),
    records,
    progress: fc.record({ processed: count, rate: count, total: count }, { requiredKeys: [] }),
    error: fc.record(
      { type: fc.constantFrom("A", "B"), message: fc.constantFrom("x", "y") },
      { requiredKeys: [] },
    ),
    exitCode: fc.constantFrom(0, 1, 137),
    heartbeatIntervalMs: fc.constantFrom(1000, 5000),
    final: fc.boolean(),
    maxAttempts: fc.integer({ min: 1, max: 3 }),
    jobType: fc.constantFrom("etl", "report"),
    runType: fc.constantFrom("scheduled", "manual", "backfill", "catchup"),
    anonymous: fc.boolean(),
    metadata: fc.dictionary(fc.constantFrom("region", "version", "__proto__"), count),
    traceId: fc.constantFrom("a".repeat(32), "b".repeat(32)),
    host: fc.constantFrom("h1", "h2"),
    resources: fc.record({ peakMemoryBytes: count, memoryBytes: count, cpuMs: count }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

export const arbitraryEvent: fc.Arbitrary<RunEvent> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    at: instant,
    // Few ids, so that some events of different content share one.
    eventId: fc.integer({ min: 0, max: 400 }).map((n) => `e${n}`),
    witness: fc.constantFrom(...WITNESSES),
    withinMs: fc.constantFrom(0, 0, 0, 5000),
    lagMs: fc.constantFrom(0, 0, 3, 90_000, 7_200_000, -7_200_000, 3 * 86_400_000),
    told: fc.constantFrom(undefined, undefined, 2, 7_200_000, -7_200_000),
    extras,
    step,
    hasStep: fc.boolean(),
  })
  .map(({ kind, at, eventId, witness, withinMs, lagMs, told, extras: more, step: aStep, hasStep }) => {
    const own = kind === "suspected" || kind === "lost" || kind === "finalised";
    const ofStep = kind === "step_started" || kind === "step_ended" || (hasStep && kind === "progress");
    return {
      ...more,
      eventId,
      kind,
      job: TEST_JOB,
      run: { by: "id" as const, runId: "r1" },
      aliases: [],
      at,
      withinMs,
      receivedAt: at + lagMs,
      ...(told === undefined || own ? {} : { clockOffsetMs: told }),
      ...(own && told !== undefined ? { heardUntil: at + lagMs } : {}),
      witness: own ? ("batchwatch" as const) : witness,
      ...(ofStep ? { step: aStep } : {}),
    };
  });
