/** What the configuration says for all jobs: observe only, severities by type; and what a job's own settings add. */
import type { JobSettings } from "@batchwatch/protocol";
import { expect, test, vi } from "vitest";
import { openWatchHouse } from "../watch-house.fixture.ts";
import type { WatchOptions } from "../watch-options.ts";

// Long enough for a loaded machine; nothing here waits for time to pass.
vi.setConfig({ testTimeout: 60_000 });

test.each<[string, Partial<WatchOptions>, Partial<JobSettings>, object]>([
  ["nothing said", {}, {}, { severity: "critical", suppressedBecause: null }],
  ["the whole installation only observes", { observeOnly: true }, {}, { suppressedBecause: "observe_only" }],
  ["one job only observes", {}, { observeOnly: true }, { suppressedBecause: "observe_only" }],
  ["a severity for all jobs", { severity: { run_failed: "warning" } }, {}, { severity: "warning" }],
  [
    "the job's own severity wins",
    { severity: { run_failed: "warning" } },
    { severity: { run_failed: "info" } },
    { severity: "info" },
  ],
  ["a paused job stays paused", { observeOnly: true }, { paused: true }, { suppressedBecause: "paused" }],
])("%s", async (_name, options, settings, expected) => {
  const house = await openWatchHouse("2026-11-23T02:00:00Z", options);
  await house.declare(settings);
  await house.event({ kind: "started" }, { kind: "failed" });
  expect(await house.fact("run_failed")).toMatchObject({ state: "open", ...expected });
  await house.pass(60_000);
  await house.event({ kind: "started", runId: "run-2" }, { kind: "completed", runId: "run-2" });
  await house.pass(2000);
  expect(await house.facts()).toEqual(["run_failed resolved"]);
  await house.close();
});
