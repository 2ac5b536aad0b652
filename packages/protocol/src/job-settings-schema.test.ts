import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidSettingsError, normaliseJobSettings, readJobSettings } from "./job-settings-schema.ts";

const HOUR_MS = 3_600_000;

describe("settings are accepted as", () => {
  test.each([
    ["nothing", {}, {}],
    ["our own spelling", { sla: { maxDuration: "1h" } }, { maxDurationMs: HOUR_MS }],
    [
      "snake_case",
      { job_type: "etl", sla: { max_duration: "1h" } },
      { jobType: "etl", maxDurationMs: HOUR_MS },
    ],
    [
      "the guide's spelling, flat",
      {
        max_duration_seconds: 3600,
        max_failure_rate: 0.01,
        min_records_processed: 1000,
        must_complete_by: null,
      },
      { maxDurationMs: HOUR_MS, maxFailureRate: 0.01, minRecords: 1000, mustCompleteBy: null },
    ],
    ["the guide's spelling under sla", { sla: { max_duration_seconds: 3600 } }, { maxDurationMs: HOUR_MS }],
    [
      "freshness and starts in a stretch of time",
      { sla: { freshness: "26h", maxRuns: "10 per 1h", maxRecordLoss: "1%" } },
      { freshnessMs: 26 * HOUR_MS, maxRuns: { count: 10, perMs: HOUR_MS }, maxRecordLoss: 0.01 },
    ],
    [
      "the same in the guide's spelling",
      { freshness_seconds: 7200, max_runs: { count: 10, window_seconds: 3600 }, max_record_loss: 0 },
      { freshnessMs: 2 * HOUR_MS, maxRuns: { count: 10, perMs: HOUR_MS }, maxRecordLoss: 0 },
    ],
    [
      "limits by step, whose names are kept as they are",
      { sla: { steps: { load_orders: { max_duration_seconds: 3600 }, "extract-x": { maxDuration: "2h" } } } },
      { maxStepDurationMs: { load_orders: HOUR_MS, "extract-x": 2 * HOUR_MS } },
    ],
    [
      "limits by run type",
      { by_run_type: { manual: { max_duration_seconds: 3600, min_records_processed: null } } },
      { byRunType: { manual: { maxDurationMs: HOUR_MS, minRecords: null } } },
    ],
    [
      "upstreams by name and in full",
      { upstreams: ["orders", { name: "rates", namespace: "finance" }] },
      {
        upstreams: [
          { jobName: "orders", namespace: null, environment: null },
          { jobName: "rates", namespace: "finance", environment: null },
        ],
      },
    ],
    [
      "a unit in the name",
      { heartbeat: { intervalSeconds: 30, limitMs: 60_000 } },
      { heartbeatIntervalMs: 30_000, heartbeatLimitMs: 60_000 },
    ],
    [
      "sla and flat keys together",
      { sla: { maxDuration: "1h" }, minRecords: 5 },
      { maxDurationMs: HOUR_MS, minRecords: 5 },
    ],
    [
      "null for not set",
      { heartbeat: null, stall: null, schedule: null },
      { heartbeatIntervalMs: null, heartbeatLimitMs: null, stallLimitMs: null, schedule: null },
    ],
    [
      "N of M",
      { alert: { after: 2, of: 3 }, resolve: { after: 2 } },
      { alertAfter: 2, alertOf: 3, resolveAfter: 2 },
    ],
    ["N in a row", { alert: { after: 3 } }, { alertAfter: 3, alertOf: 3 }],
    ["a share in percent", { maxFailureRate: "5%" }, { maxFailureRate: 0.05 }],
    ["a small share in percent", { sla: { maxFailureRate: "0.07 %" } }, { maxFailureRate: 0.0007 }],
    [
      "a limit alone for heartbeat and stall, attempts alone for retry",
      { heartbeat: "60s", stall: "10m", retry: 3 },
      { heartbeatLimitMs: 60_000, stallLimitMs: 600_000, maxAttempts: 3 },
    ],
    ["0, which needs no unit", { sla: { minDuration: 0 } }, { minDurationMs: 0 }],
    ["a start offset", { sla: { startBy: "10m" } }, { startBy: { kind: "offset", offsetMs: 600_000 } }],
    ["a start time", { sla: { startBy: "06:00" } }, { startBy: { kind: "clock", timeOfDayMs: 6 * HOUR_MS } }],
    [
      "a complete-by time with its zone",
      { sla: { mustCompleteBy: "06:30 Europe/Berlin" } },
      {
        mustCompleteBy: {
          timeOfDayMs: 6.5 * HOUR_MS,
          timezone: "Europe/Berlin",
          days: null,
          dayOffset: null,
        },
      },
    ],
    [
      "a complete-by time on some days",
      { sla: { mustCompleteBy: { time: "07:00:30", days: ["Friday", "mon"], dayOffset: 1 } } },
      {
        mustCompleteBy: {
          timeOfDayMs: 7 * HOUR_MS + 30_000,
          timezone: null,
          days: ["mon", "fri"],
          dayOffset: 1,
        },
      },
    ],
  ])("%s", (_name, input, settings) => {
    expect(normaliseJobSettings(input)).toEqual(settings);
  });

  test.each([
    [
      "0 2 * * *",
      {
        kind: "cron",
        cron: "0 2 * * *",
        seconds: false,
        timezone: "UTC",
        earlyWindowMs: null,
        lateWindowMs: null,
      },
    ],
    [
      "every 15m",
      { kind: "interval", everyMs: 900_000, timezone: "UTC", earlyWindowMs: null, lateWindowMs: null },
    ],
    [
      { every: "1h", lateWindow: "5m" },
      { kind: "interval", everyMs: HOUR_MS, timezone: "UTC", earlyWindowMs: null, lateWindowMs: 300_000 },
    ],
    [
      { cron: "0 2 * * *", tz: "Europe/Berlin" },
      {
        kind: "cron",
        cron: "0 2 * * *",
        seconds: false,
        timezone: "Europe/Berlin",
        earlyWindowMs: null,
        lateWindowMs: null,
      },
    ],
    [
      { cron: "*/5 * * * * *", seconds: true },
      {
        kind: "cron",
        cron: "*/5 * * * * *",
        seconds: true,
        timezone: "UTC",
        earlyWindowMs: null,
        lateWindowMs: null,
      },
    ],
  ])("the schedule %j", (schedule, expected) => {
    expect(normaliseJobSettings({ schedule })).toEqual({ schedule: expected });
  });
});

describe("settings are refused, naming the field as it was written", () => {
  test.each([
    [{ sla: { maxDuraton: "1h" } }, 'sla.maxDuraton: is not known; did you mean "maxDuration"?'],
    [{ onwer: "x" }, 'onwer: is not known; did you mean "owner"?'],
    [
      { max_duration_seconds: "soon" },
      'max_duration_seconds: "soon" is no length of time: write it like 90s, 30m, 1h 30m or 2d',
    ],
    [{ max_duration_seconds: -1 }, /^max_duration_seconds: .*no length of time/],
    [{ sla: { maxDuration: "90" } }, /^sla.maxDuration: "90" has no unit/],
    [{ maxDuration: 30 }, 'maxDuration: "30" has no unit: write 30s, 30m, 30h or 30ms'],
    [{ sla: { startBy: 600 } }, /^sla.startBy: "600" has no unit/],
    [{ schedule: { every: 5 } }, /^schedule.every: "5" has no unit/],
    [{ heartbeat: 60 }, /^heartbeat: "60" has no unit/],
    [{ heartbeat: { interval: true } }, /^heartbeat.interval: must be a length of time/],
    [
      { maxDuration: 30, max_duration_seconds: 30 },
      /^max_duration_seconds: says "sla.maxDuration" a second time\nmaxDuration: "30" has no unit/,
    ],
    [{ sla: { maxFailureRate: "150%" } }, /^sla.maxFailureRate: must be a share from 0 to 1/],
    [{ sla: { minRecords: "1000" } }, 'sla.minRecords: must be a number, not the text "1000"'],
    [{ severity: "critical" }, /^severity: must say a severity for each type/],
    [{ severity: { run_failed: "critcal" } }, /^severity.run_failed: .*did you mean "critical"\?$/],
    [{ schedule: { cron: "0 2 * * *", every: "1h" } }, 'schedule: says both "cron" and "every"; keep one'],
    [{ sla: { maxDuration: 0 } }, "sla.maxDuration: must be longer than nothing"],
    [{ max_duration: "1h", sla: { maxDuration: "2h" } }, /second time/],
    [{ schedule: "0 0 2 * * *" }, /^schedule: has six fields/],
    [{ schedule: "0 2 * *" }, /^schedule: has 4 fields/],
    [{ schedule: { timezone: "UTC" } }, 'schedule: needs either "cron" or "every"'],
    [{ schedule: { cron: "0 2 * * *", tz: "Mars/Olympus" } }, /^schedule.tz: is no IANA time zone/],
    [{ schedule: "every blue moon" }, /^schedule: "blue moon" is no interval/],
    [{ sla: { maxFailureRate: 5 } }, /^sla.maxFailureRate: /],
    [{ sla: { mustCompleteBy: "25:00" } }, /^sla.mustCompleteBy: must be a clock time/],
    [{ sla: { minDuration: "2h", maxDuration: "1h" } }, "sla.minDuration: must be shorter than maxDuration"],
    [{ severity: { run_failde: "info" } }, /^severity.run_failde: is no violation or detection type/],
    [{ severity: { run_failed: "loud" } }, /^severity.run_failed: must be one of critical, warning, info/],
    [{ alert: { after: 5, of: 3 } }, /"after" must not be larger than "of"/],
    ["0 2 * * *", "must be an object with names and values, not text"],
    [null, "must be an object with names and values, not null"],
  ])("%j", (input, message) => {
    expect(() => normaliseJobSettings(input)).toThrow(InvalidSettingsError);
    expect(() => normaliseJobSettings(input)).toThrow(message);
  });

  test("for a cron pattern, in the calendar's words", () => {
    const reading = readJobSettings(
      { schedule: { cron: "61 * * * *" } },
      { checkCron: () => "minute 61 does not exist" },
    );
    expect(reading).toEqual({
      ok: false,
      problems: [{ field: "schedule.cron", message: "minute 61 does not exist" }],
    });
  });

  test("with every problem at once", () => {
    const reading = readJobSettings({ onwer: "x", sla: { maxDuration: "x", minRecords: -1 } });
    expect(reading.ok ? [] : reading.problems.map(({ field }) => field).sort()).toEqual([
      "onwer",
      "sla.maxDuration",
      "sla.minRecords",
    ]);
  });
});

// The first mistake of a schedule, or a wrong type beside it, hid the others.
test("every mistake of a schedule, and settings that do not go together, are told beside wrong types", () => {
  const reading = readJobSettings(
    {
      schedule: { cron: "61 * * * *", timezone: "Mars", lateWindow: 5 },
      sla: { minDuration: "2h", maxDuration: "1h", minRecords: "many" },
      alert: { after: 3, of: 2, offf: 1 },
    },
    { checkCron: () => "minute 61 does not exist" },
  );
  expect(reading.ok ? [] : reading.problems.map(({ field }) => field).toSorted()).toEqual([
    "alert",
    "alert.offf",
    "schedule.cron",
    "schedule.lateWindow",
    "schedule.timezone",
    "sla.minDuration",
    "sla.minRecords",
  ]);
});

test.each([
  [{ startBy: "10m" }, ["startBy"]],
  [{ sla: { start_by: "06:00" }, schedule: null }, ["sla.start_by"]],
  [{ startBy: "10m", schedule: "@daily" }, []],
  [{ startBy: null }, []],
])("a start limit without a schedule is warned of: %j", (input, fields) => {
  const reading = readJobSettings(input);
  expect(reading.ok && reading.warnings.map(({ field }) => field)).toEqual(fields);
});

// A wrong type or cron pattern was told only once everything else was right.
test("a wrong severity type and a wrong schedule are told beside other problems, with the nearest name", () => {
  const reading = readJobSettings(
    {
      onwer: "x",
      schedule: { cron: "61 * * * *" },
      sla: { minRecords: -1 },
      severity: { run_failde: "info", nonsense_here: "info", run_missed: "loud" },
    },
    { checkCron: () => "minute 61 does not exist" },
  );
  const problems = reading.ok ? [] : reading.problems.map(({ field, message }) => `${field}: ${message}`);
  expect(problems.toSorted()).toEqual([
    'onwer: is not known; did you mean "owner"?',
    "schedule.cron: minute 61 does not exist",
    "severity.nonsense_here: is no violation or detection type; see the list in the guide on judgement",
    'severity.run_failde: is no violation or detection type; did you mean "run_failed"?',
    'severity.run_missed: must be one of critical, warning, info, not "loud"',
    expect.stringMatching(/^sla.minRecords: /),
  ]);
});

test("reading never throws, whatever it is given", { timeout: 30_000 }, () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true }), (input) => {
      const reading = readJobSettings(input);
      if (!reading.ok) expect(reading.problems.length).toBeGreaterThan(0);
    }),
  );
  const key = fc.constantFrom(
    "sla",
    "schedule",
    "max_duration_seconds",
    "heartbeat",
    "tags",
    "severity",
    "__proto__",
    "constructor",
  );
  fc.assert(
    fc.property(fc.dictionary(key, fc.oneof(fc.anything(), fc.dictionary(key, fc.anything()))), (input) => {
      readJobSettings(input);
    }),
  );
});

describe("limits beyond the plain ones are refused with", () => {
  test.each<[string, object, string, RegExp]>([
    [
      "a count without a time",
      { maxRuns: "10" },
      "maxRuns",
      /how many runs in what time, such as "10 per 1h"/,
    ],
    ["none at all", { maxRuns: "0 per 1h" }, "maxRuns", /must allow 1 to 500 runs/],
    ["a time without a unit", { maxRuns: "10 per 60" }, "maxRuns", /has no unit/],
    ["a freshness without a unit", { freshness: 26 }, "freshness", /has no unit/],
    [
      "an unknown run type",
      { byRunType: { nightly: { minRecords: 1 } } },
      "byRunType",
      /is not known; allowed: scheduled|is not known.*scheduled/,
    ],
    [
      "a limit that runs have not",
      { byRunType: { manual: { startBy: "1h" } } },
      "byRunType.manual.startBy",
      /not known/,
    ],
    [
      "a limit that steps have not",
      { steps: { load: { minRecords: 1 } } },
      "steps.load.minRecords",
      /not known/,
    ],
    ["an upstream without a name", { upstreams: [""] }, "upstreams[0]", /must not be empty/],
    ["upstreams that are no list", { upstreams: "orders" }, "upstreams", /list|array/],
  ])("%s", (_name, input, field, message) => {
    const reading = readJobSettings(input);
    const problems = reading.ok ? [] : reading.problems;
    expect(problems).toEqual([
      { field: expect.stringContaining(field), message: expect.stringMatching(message) },
    ]);
  });
});
