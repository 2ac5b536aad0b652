import { expect, test } from "vitest";
import { configSchema } from "./config-schema.ts";

test("nothing said is a whole configuration", () => {
  expect(configSchema.parse({})).toMatchObject({
    dataDir: "./data",
    http: { host: "127.0.0.1", port: 4318 },
    grpc: { enabled: true, host: "127.0.0.1", port: 4317 },
    ping: { bodyLimitBytes: 100_000, createJobs: true },
    watch: { catchUpGrace: 60_000, liveHorizon: 3_600_000, lostSettle: null },
    receivers: [],
  });
});

test.each([
  [{ retention: { runs: "90d", logs: null } }, { retention: { runs: 7_776_000_000, logs: null } }],
  [{ otlp: { bodyLimitBytes: "8MiB" } }, { otlp: { bodyLimitBytes: 8_388_608 } }],
  [{ http: { publicUrl: "https://batch.example/" } }, { http: { publicUrl: "https://batch.example" } }],
])("%j is read as %j", (input, expected) => {
  expect(configSchema.parse(input)).toMatchObject(expected);
});

test.each([
  [{ http: { port: 70_000 } }, "http.port"],
  [{ retention: { runs: "soon" } }, "retention.runs"],
  [{ jobs: { reloadInterval: "1ms" } }, "jobs.reloadInterval"],
  [{ watch: { catchUpGrace: 60 } }, "watch.catchUpGrace"],
  [{ otlp: { bodyLimitBytes: "many" } }, "otlp.bodyLimitBytes"],
  [{ receivers: [{ name: "a b", url: "http://x.test" }] }, "receivers.0.name"],
  [{ receivers: [{ name: "a", url: "ftp://x.test" }] }, "receivers.0.url"],
  [
    {
      receivers: [
        { name: "a", url: "http://x.test" },
        { name: "a", url: "http://y.test" },
      ],
    },
    "receivers.1.name",
  ],
  [{ alerts: { receiver: "ops" } }, "alerts.receiver"],
  [{ storage: { url: "mysql://x" } }, "storage.url"],
])("%j is refused at %s", (input, path) => {
  const parsed = configSchema.safeParse(input);
  expect(parsed.error?.issues.map((issue) => issue.path.join("."))).toEqual([path]);
});

test("watch.severity names types that are judged", () => {
  expect(configSchema.parse({ watch: { severity: { too_fast: "info" } } }).watch.severity).toEqual({
    too_fast: "info",
  });
  const { error } = configSchema.safeParse({ watch: { severity: { run_mised: "warning" } } });
  expect(error?.issues).toMatchObject([
    {
      path: ["watch", "severity", "run_mised"],
      message: expect.stringContaining('did you mean "run_missed"'),
    },
  ]);
});
