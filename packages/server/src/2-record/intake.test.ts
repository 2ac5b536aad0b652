import { describe, expect, test } from "vitest";
import { ManualClock } from "../lib/clock.ts";
import { EMPTY_BATCH, type IntakeBatch, IntakeOverloadedError } from "../model/intake.ts";
import type { RunEvent } from "../model/run-event.ts";
import type { SampleBatch } from "../model/samples.ts";
import { makeEvent as event, T0 } from "../model/test-support/make-event.ts";
import { SelfMetrics } from "../self-monitoring/self-metrics.ts";
import { StorageError } from "../storage/storage-error.ts";
import { createIntake, type IntakeOptions, isRetryable, type RunningIntake } from "./intake.ts";
import type { MetricRecorder } from "./metric-recorder.ts";
import { type OpenLedger, openLedger } from "./test-support/open-ledger.ts";

function batch(events: readonly RunEvent[], more: Partial<IntakeBatch> = {}): IntakeBatch {
  return { ...EMPTY_BATCH, events, sizeBytes: 1000, ...more };
}

const ofRun = (runId: string, kind: RunEvent["kind"] = "started", second = 0): IntakeBatch =>
  batch([event(kind, second, { run: { by: "id", runId } })]);

/** Over a real ledger; `record` may stand in its way. */
function intakeOver(open: OpenLedger, more: Partial<IntakeOptions> = {}): RunningIntake {
  return createIntake({
    ledger: open.ledger,
    samples: { append: async (batches) => batches.map(() => null) },
    metrics: null,
    clock: new ManualClock(T0),
    log: { error: () => {} },
    selfMetrics: new SelfMetrics(),
    ...more,
  });
}

/** The real ledger behind a gate: commits wait until it is opened, and each round's batches are noted. */
function gated(open: OpenLedger) {
  const rounds: number[] = [];
  const order: string[] = [];
  let release = (): void => {};
  let gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const record: OpenLedger["ledger"]["record"] = async (batches, metrics) => {
    rounds.push(batches.length);
    for (const { events } of batches)
      for (const one of events) order.push(one.run.by === "id" ? one.run.runId : "");
    await gate;
    await open.ledger.record(batches, metrics);
  };
  return {
    rounds,
    order,
    ledger: { record },
    open: () => release(),
    close() {
      gate = new Promise<void>((resolve) => {
        release = resolve;
      });
    },
  };
}

const untilRoundsBegan = async (rounds: readonly number[], count: number): Promise<void> => {
  while (rounds.length < count) await new Promise((resolve) => setImmediate(resolve));
};

describe("group commit", () => {
  test("what arrives while a commit is under way shares the next one", async () => {
    await using open = await openLedger();
    const gate = gated(open);
    const intake = intakeOver(open, { ledger: gate.ledger });
    const first = intake.submit(ofRun("a"));
    await untilRoundsBegan(gate.rounds, 1);
    const others = ["b", "c", "d"].map((runId) => intake.submit(ofRun(runId)));
    gate.open();
    await Promise.all([first, ...others]);
    expect(gate.rounds).toEqual([1, 3]);
    expect((await open.runs()).map((run) => run.runId).sort()).toEqual(["a", "b", "c", "d"]);
    expect(intake.pendingBytes()).toBe(0);
  });

  test("what was answered is stored, and closing stores what was admitted", async () => {
    await using open = await openLedger();
    const intake = intakeOver(open);
    await intake.submit(ofRun("a"));
    expect(await open.runs()).toHaveLength(1);
    const pending = intake.submit(ofRun("b"));
    await intake.close();
    await pending;
    expect(await open.runs()).toHaveLength(2);
    await expect(intake.submit(ofRun("c"))).rejects.toMatchObject({ code: "INTAKE_CLOSED" });
  });

  test("samples are appended with the events", async () => {
    await using open = await openLedger();
    const appended: SampleBatch[] = [];
    const intake = intakeOver(open, {
      samples: {
        append: async (batches) => {
          appended.push(...batches);
          return batches.map(() => null);
        },
      },
    });
    const samples = {
      series: [{ __name__: "x" }],
      seriesIndex: Uint32Array.of(0),
      times: Float64Array.of(T0),
      values: Float64Array.of(1),
    };
    await intake.submit(batch([], { samples }));
    expect(appended).toEqual([samples]);
  });

  test("what metric points say is committed in the same round", async () => {
    await using open = await openLedger();
    const recorder: MetricRecorder = {
      async record(points) {
        return {
          events: points.map((point) => event("completed", 0, { run: { by: "id", runId: point.streamId } })),
          links: [],
          metricStreams: points.map((point) => ({ streamId: point.streamId, updatedAt: T0, state: "{}" })),
          nativeIncrements: [],
          metricEvidence: [],
          deadlines: [],
        };
      },
    };
    const intake = intakeOver(open, { metrics: recorder });
    const point = {
      family: "batch_job_completions_total",
      kind: "counter" as const,
      temporality: "cumulative" as const,
      streamId: "s1",
      instanceId: "i1",
      attributes: {},
      startAt: 0,
      at: T0,
      receivedAt: T0,
      value: 1,
      exemplars: [],
      namespace: "default",
      environment: "",
    };
    await intake.submit(batch([], { metricPoints: [point] }));
    expect(await open.runs()).toMatchObject([{ runId: "s1", phase: "completed" }]);
    expect(await open.store.metricStreams(["s1"])).toEqual(new Map([["s1", "{}"]]));
  });
});

describe("a batch that cannot be stored", () => {
  test("fails alone", async () => {
    await using open = await openLedger();
    const intake = intakeOver(open);
    const poisoned = batch([event("started", 0, { run: { by: "id", runId: "bad" }, at: Number.NaN })]);
    const answers = await Promise.allSettled([
      intake.submit(ofRun("a")),
      intake.submit(poisoned),
      intake.submit(ofRun("b")),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await open.runs()).map((run) => run.runId).sort()).toEqual(["a", "b"]);
  });

  test("is told to come again when the disk is full, and is taken when there is room", async () => {
    await using open = await openLedger();
    let isFull = true;
    const ledger: Pick<OpenLedger["ledger"], "record"> = {
      record: (batches, metrics) =>
        isFull
          ? Promise.reject(new StorageError("DISK_FULL", "no space left on device"))
          : open.ledger.record(batches, metrics),
    };
    const intake = intakeOver(open, { ledger });
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => intake.submit(ofRun(`r${index}`))),
    );
    for (const answer of answers) {
      expect(answer.status).toBe("rejected");
      if (answer.status === "rejected") expect(isRetryable(answer.reason)).toBe(true);
    }
    expect(intake.pendingBytes()).toBe(0);
    isFull = false;
    await intake.submit(ofRun("r0"));
    expect(await open.runs()).toHaveLength(1);
  });
});

describe("admission", () => {
  test("refuses what does not fit, but takes terminal events to a higher limit", async () => {
    await using open = await openLedger();
    const gate = gated(open);
    const intake = intakeOver(open, {
      ledger: gate.ledger,
      maxPendingBytes: 5000,
      terminalReserveBytes: 2000,
    });
    const admitted = [intake.submit(ofRun("a"))];
    await untilRoundsBegan(gate.rounds, 1);
    admitted.push(intake.submit(ofRun("b")), intake.submit(ofRun("c")));
    await expect(intake.submit(ofRun("d"))).rejects.toBeInstanceOf(IntakeOverloadedError);
    admitted.push(intake.submit(ofRun("a", "completed", 5)));
    await expect(intake.submit(ofRun("b", "completed", 5))).rejects.toBeInstanceOf(IntakeOverloadedError);
    gate.open();
    await Promise.all(admitted);
    // The end was stored before the starts that came earlier.
    expect(gate.order).toEqual(["a", "a", "b", "c"]);
    expect(intake.pendingBytes()).toBe(0);
  });

  test("a batch larger than the limit is let in alone", async () => {
    await using open = await openLedger();
    const intake = intakeOver(open, { maxPendingBytes: 1000 });
    await intake.submit(batch([event("started", 0)], { sizeBytes: 50_000 }));
    expect(await open.runs()).toHaveLength(1);
  });
});
