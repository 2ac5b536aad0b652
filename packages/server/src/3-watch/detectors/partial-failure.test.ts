/** Partial failure and exhaustion: records that went missing, runs that were out of memory or are about to be. */
import type { JobSettings } from "@batchwatch/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type EventText, openWatchHouse, type WatchHouse } from "../watch-house.fixture.ts";

const MINUTE_MS = 60_000;
const MIB = 1024 ** 2;
// Long enough for a loaded machine; nothing here waits for time to pass.
vi.setConfig({ testTimeout: 60_000 });

let house: WatchHouse;

beforeEach(async () => {
  house = await openWatchHouse("2026-11-23T02:00:00Z");
});
afterEach(() => house.close());

type Counts = NonNullable<EventText["records"]>;

/** A run that extracts, transforms and loads, each in a step of its own; null = the step counts nothing. */
async function etlRun(
  runId: string,
  steps: Record<string, Counts>,
  end: Partial<EventText> = {},
): Promise<void> {
  await house.event({ kind: "started", runId });
  for (const [name, records] of Object.entries(steps)) {
    await house.event({ kind: "step_started", runId, step: { name } });
    await house.pass(MINUTE_MS);
    await house.event({ kind: "step_ended", runId, step: { name, records } });
  }
  await house.event({ kind: "completed", runId, ...end });
  await house.pass(MINUTE_MS);
}

describe("record_loss", () => {
  const full = { extract: { extracted: 1000 }, load: { loaded: 1000 } };
  test.each<[string, Partial<JobSettings>, Record<string, Counts>, Partial<EventText>, string | null]>([
    [
      "fewer loaded than extracted",
      {},
      { extract: { extracted: 150_000 }, transform: { transformed: 150_000 }, load: { loaded: 149_900 } },
      {},
      "150000 records were transformed, but 149900 were loaded: 100 (0.06667 %) are lost.",
    ],
    ["all of them", {}, full, {}, null],
    [
      "more than there were: a step made two of one",
      {},
      { extract: { extracted: 10 }, load: { loaded: 20 } },
      {},
      null,
    ],
    [
      "those that failed are accounted for",
      {},
      { extract: { extracted: 10 }, load: { loaded: 8, failed: 2 } },
      {},
      null,
    ],
    [
      "more are missing than failed",
      {},
      { extract: { extracted: 10 }, load: { loaded: 7, failed: 2 } },
      {},
      "10 records were extracted, but 7 were loaded and 2 failed: 1 (10 %) are lost.",
    ],
    ["a step that counts nothing loses nothing", {}, { extract: { extracted: 10 }, load: {} }, {}, null],
    [
      "several steps of a stage are added up",
      {},
      { a: { extracted: 60 }, b: { extracted: 40 }, load: { loaded: 99 } },
      {},
      "100 records were extracted, but 99 were loaded: 1 (1 %) are lost.",
    ],
    [
      "the run's own counts, without steps",
      {},
      {},
      { records: { extracted: 100, loaded: 90 } },
      "100 records were extracted, but 90 were loaded: 10 (10 %) are lost.",
    ],
    [
      "at the declared share",
      { maxRecordLoss: 0.1 },
      { extract: { extracted: 100 }, load: { loaded: 90 } },
      {},
      null,
    ],
    [
      "beyond the declared share",
      { maxRecordLoss: 0.1 },
      { extract: { extracted: 100 }, load: { loaded: 89 } },
      {},
      "100 records were extracted, but 89 were loaded: 11 (11 %) are lost; at most 10 % may be lost.",
    ],
    [
      "a job that sums up, never seen before",
      {},
      { extract: { extracted: 1000 }, load: { loaded: 12 } },
      {},
      null,
    ],
  ])("%s", async (_name, settings, steps, end, explanation) => {
    await house.declare(settings);
    await etlRun("run-1", steps, end);
    if (explanation === null) expect(await house.facts()).toEqual([]);
    else
      expect(await house.fact("record_loss")).toMatchObject({
        class: "detection",
        severity: "warning",
        explanation,
      });
    await etlRun("run-2", full);
    expect((await house.facts()).filter((fact) => fact.endsWith("open"))).toEqual([]);
  });

  test("a share that good runs always lose is no loss; half as much again is", async () => {
    await etlRun("run-1", { extract: { extracted: 1000 }, load: { loaded: 400 } });
    await etlRun("run-2", { extract: { extracted: 1000 }, load: { loaded: 200 } });
    expect(await house.facts()).toEqual([]);
    await etlRun("run-3", { extract: { extracted: 1000 }, load: { loaded: 100 } });
    expect(await house.facts()).toEqual([]);
  });

  test("a loss that was told never becomes usual, and a run without counts mends nothing", async () => {
    const lossy = { extract: { extracted: 1000 }, load: { loaded: 990 } };
    for (const runId of ["a", "b", "c", "d", "e", "f", "g"]) await etlRun(runId, lossy);
    await etlRun("silent", {});
    expect(await house.facts()).toEqual(new Array(7).fill("record_loss open"));
  });

  test("counts that come after the end are looked at", async () => {
    await house.event({ kind: "started" }, { kind: "completed" });
    await house.event(
      { kind: "step_ended", step: { name: "extract", records: { extracted: 10 } } },
      { kind: "step_ended", step: { name: "load", records: { loaded: 9 } } },
    );
    expect(await house.facts()).toEqual(["record_loss open"]);
  });

  test("of a failed run nobody expects that all was loaded", async () => {
    await house.event({ kind: "started" });
    await house.event({ kind: "failed", records: { extracted: 10, loaded: 1 } });
    await house.pass(MINUTE_MS);
    expect(await house.facts()).toEqual(["run_failed open"]);
  });
});

describe("out_of_memory", () => {
  test.each<[string, EventText[], string | null]>([
    [
      "exit code 137",
      [{ kind: "failed", exitCode: 137 }],
      "The run was out of memory: exit code 137 (killed by the kernel).",
    ],
    ["another exit code", [{ kind: "failed", exitCode: 1 }], null],
    [
      "what a control group tells",
      [
        {
          kind: "failed",
          signal: "SIGKILL",
          error: { type: "out_of_memory", message: "killed by the kernel" },
        },
      ],
      "The run was out of memory: its error is out_of_memory.",
    ],
    [
      "a container's reason, though the program says that all is well",
      [{ kind: "completed", metadata: { "k8s.container.status.last_terminated_reason": "OOMKilled" } }],
      "The run was out of memory, although it says that it succeeded: k8s.container.status.last_terminated_reason is OOMKilled.",
    ],
    ["a flag that is not set", [{ kind: "completed", metadata: { oom_killed: false } }], null],
    [
      "a flag that is",
      [{ kind: "completed", metadata: { oom_killed: true } }],
      "The run was out of memory, although it says that it succeeded: oom_killed is true.",
    ],
    [
      "a worker that was killed inside a good run",
      [
        {
          kind: "step_ended",
          step: { name: "shuffle", outcome: "failure" },
          error: { type: "ExecutorLost", message: "Container exited with a non-zero exit code: 137" },
        },
        { kind: "completed" },
      ],
      'The run was out of memory, although it says that it succeeded: the error of step "shuffle" says "exit code: 137".',
    ],
    [
      "one witness says killed, another says success",
      [
        { kind: "completed", witness: "sdk" },
        { kind: "failed", witness: "cli", exitCode: 137 },
      ],
      "The run was out of memory: exit code 137 (killed by the kernel).",
    ],
    [
      "a language's own error",
      [{ kind: "failed", error: { type: "java.lang.OutOfMemoryError", message: "Java heap space" } }],
      "The run was out of memory: its error is java.lang.OutOfMemoryError.",
    ],
    [
      "killed near its limit",
      [
        {
          kind: "failed",
          signal: "SIGKILL",
          resources: { peakMemoryBytes: 97 * MIB, memoryLimitBytes: 100 * MIB },
        },
      ],
      "The run was out of memory: killed by SIGKILL with 97 % of its memory limit in use. Its peak was 97 MiB of 100 MiB.",
    ],
    [
      "killed far from it: by somebody",
      [
        {
          kind: "failed",
          signal: "SIGKILL",
          resources: { peakMemoryBytes: 10 * MIB, memoryLimitBytes: 100 * MIB },
        },
      ],
      null,
    ],
    ["memory in other words", [{ kind: "failed", error: { message: "table memory_usage not found" } }], null],
  ])("%s", async (_name, events, explanation) => {
    await house.event({ kind: "started" }, ...events);
    await house.pass(MINUTE_MS);
    const found = (await house.judgements()).filter(({ type }) => type === "out_of_memory");
    expect(found.map((fact) => fact.explanation)).toEqual(explanation === null ? [] : [explanation]);
    expect(found.every(({ severity }) => severity === "critical")).toBe(true);
    await house.event({ kind: "started", runId: "run-2" }, { kind: "completed", runId: "run-2" });
    await house.pass(MINUTE_MS);
    expect(
      (await house.facts()).filter((fact) => fact.startsWith("out_of_memory") && fact.endsWith("open")),
    ).toEqual([]);
  });

  test("a try that is made good tells nobody", async () => {
    await house.declare({ maxAttempts: 3 });
    await house.event({ kind: "started", attempt: 1 }, { kind: "failed", attempt: 1, exitCode: 137 });
    await house.pass(MINUTE_MS);
    await house.event({ kind: "started", attempt: 2 }, { kind: "completed", attempt: 2, exitCode: 0 });
    await house.pass(MINUTE_MS);
    expect(await house.facts()).toEqual([]);
  });
});

describe("memory_pressure", () => {
  /** A sample each minute. */
  async function samples(runId: string, ...mebibytes: number[]): Promise<void> {
    for (const used of mebibytes) {
      await house.pass(MINUTE_MS);
      await house.event({
        kind: "heartbeat",
        runId,
        resources: { memoryBytes: used * MIB, memoryLimitBytes: 1000 * MIB },
      });
    }
  }

  test.each<[string, number[], boolean]>([
    ["little is used", [100, 200, 300], false],
    ["it grows and would be full in a moment", [100, 300, 500, 720], true],
    ["it grows so slowly that there is time", [690, 692, 694, 696, 698, 700, 702, 704], false],
    ["much is used and stays", [800, 800, 800, 800], false],
    ["it shrinks", [900, 850, 800], false],
    ["nearly all is used, whatever the pace", [960], true],
  ])("%s", async (_name, used, isPressed) => {
    await house.event({ kind: "started" });
    await samples("run-1", ...used);
    expect(await house.facts()).toEqual(isPressed ? ["memory_pressure open"] : []);
    await house.event({ kind: "completed" });
    await house.pass(MINUTE_MS);
    expect((await house.facts()).filter((fact) => fact.endsWith("open"))).toEqual([]);
  });

  test("says how much, of what, and when it will be full", async () => {
    await house.event({ kind: "started" });
    await samples("run-1", 120, 320, 520, 720);
    expect(await house.fact("memory_pressure")).toMatchObject({
      class: "detection",
      severity: "warning",
      limitText: "1000 MiB",
      valueText: "720 MiB",
      explanation:
        "The run uses 720 MiB of 1000 MiB (72 %) of memory; it grew by 600 MiB in 3 m and at this pace reaches its limit in 1 m 24 s.",
    });
  });

  test("is none where the run usually ends before", async () => {
    await house.event({ kind: "started", runId: "before" });
    await house.pass(5 * MINUTE_MS);
    await house.event({ kind: "completed", runId: "before" });
    await house.event({ kind: "started" });
    await samples("run-1", 120, 320, 520, 720);
    expect(await house.facts()).toEqual([]);
  });

  test("is over when less is used again", async () => {
    await house.event({ kind: "started" });
    await samples("run-1", 100, 960, 700);
    expect(await house.facts()).toEqual(["memory_pressure open"]);
    await samples("run-1", 500);
    expect(await house.fact("memory_pressure")).toMatchObject({
      state: "resolved",
      resolution: "The run uses less memory again: 500 MiB of 1000 MiB.",
    });
  });

  test("needs a limit", async () => {
    await house.event({ kind: "started" });
    await house.event({ kind: "heartbeat", resources: { memoryBytes: 5000 * MIB } });
    expect(await house.facts()).toEqual([]);
  });
});
