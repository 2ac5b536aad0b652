import { expect, test } from "vitest";
import { jobsFileJsonSchema, readJobsFile } from "./jobs-file-schema.ts";

test("a list of jobs is read, with the default namespace", () => {
  const reading = readJobsFile({
    jobs: [
      { name: "daily_etl", schedule: "0 2 * * *", max_duration_seconds: 60 },
      { job_name: "report", namespace: "finance", env: "staging", owner: "ann" },
    ],
  });
  expect(reading).toMatchObject({
    ok: true,
    jobs: [
      { namespace: "default", environment: "", jobName: "daily_etl", settings: { maxDurationMs: 60_000 } },
      { namespace: "finance", environment: "staging", jobName: "report", settings: { owner: "ann" } },
    ],
  });
});

test.each([
  [{}, []],
  [null, []],
  [{ jobs: null }, []],
  ["text", [[]]],
  [{ job: [] }, [["job"]]],
  [{ jobs: {} }, [["jobs"]]],
  [{ jobs: ["daily_etl"] }, [["jobs", 0]]],
  [{ jobs: [{ owner: "ann" }] }, [["jobs", 0]]],
  [{ jobs: [{ name: 5 }] }, [["jobs", 0, "name"]]],
  [{ jobs: [{ name: "a" }, { name: "b", sla: { maxDuraton: 1 } }] }, [["jobs", 1, "sla", "maxDuraton"]]],
  [{ jobs: [{ name: "a" }, { name: "a" }] }, [["jobs", 1, "name"]]],
  [
    {
      jobs: [
        { name: "a", onwer: 1 },
        { name: "a", paused: 5 },
      ],
    },
    [
      ["jobs", 0, "onwer"],
      ["jobs", 1, "paused"],
      ["jobs", 1, "name"],
    ],
  ],
  [{ jobs: [{ jobName: "" }] }, [["jobs", 0, "jobName"]]],
  [{ jobs: [{ name: "a", "strange key": 1 }] }, [["jobs", 0, "strange key"]]],
])("%j has problems at %j", (input, paths) => {
  const reading = readJobsFile(input);
  expect(reading.ok ? [] : reading.problems.map(({ path }) => path)).toEqual(paths);
});

test("the JSON Schema names every setting and requires the name", () => {
  const schema = JSON.stringify(jobsFileJsonSchema());
  for (const name of ["maxDuration", "mustCompleteBy", "heartbeat", "schedule", "severity"])
    expect(schema).toContain(`"${name}"`);
  expect(schema).toContain('"required":["name"]');
});

test("jobs that need each other in a circle are refused with the way round", () => {
  const { ok, problems } = readJobsFile({
    jobs: [
      { name: "a", upstreams: ["b"] },
      { name: "b", upstreams: ["c"] },
      { name: "c", dependsOn: ["b"] },
    ],
  });
  expect(ok).toBe(false);
  expect(problems).toEqual([
    {
      path: ["jobs", 1, "upstreams"],
      field: "jobs[1].upstreams",
      message: 'goes round in a circle: "b" needs "c" needs "b"',
    },
  ]);
});
