import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHANNEL_OPTIONS, CHANNEL_TYPES } from "@batchwatch/protocol";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CONFIG_OPTIONS } from "./config-options.ts";
import {
  ConfigError,
  checkConfig,
  describeConfig,
  loadConfig,
  missingFiles,
  problemText,
} from "./load-config.ts";

let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "batchwatch-config-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function withFile(text: string, more: Parameters<typeof checkConfig>[0] = {}) {
  writeFileSync(join(cwd, "batchwatch.yaml"), text);
  return checkConfig({ cwd, ...more });
}

function problems(checked: ReturnType<typeof checkConfig>): string[] {
  return checked.problems.map((problem) => problemText(problem).replaceAll(`${cwd}/`, ""));
}

describe("where an option comes from", () => {
  test("nowhere: its default", () => {
    const { config, file } = loadConfig({ cwd });
    expect(file).toBeNull();
    expect(config).toMatchObject({ dataDir: join(cwd, "data"), http: { port: 4318 } });
  });

  test("flags win over the environment, that over the file, that over the default", () => {
    const file = "http:\n  port: 1\n  host: 127.0.0.3\ngrpc:\n  port: 1\nlog: { level: warn }\n";
    const { config } = withFile(file, {
      env: { BATCHWATCH_HTTP_PORT: "2", BATCHWATCH_GRPC_PORT: "2" },
      flags: { http: { port: 3 } },
    });
    expect(config).toMatchObject({
      http: { port: 3, host: "127.0.0.3" },
      grpc: { port: 2, host: "127.0.0.1" },
      log: { level: "warn" },
    });
  });

  test.each([
    ["BATCHWATCH_DATA_DIR", "/srv/bw", { dataDir: "/srv/bw" }],
    ["BATCHWATCH_HTTP_PUBLIC_URL", "https://b.test/", { http: { publicUrl: "https://b.test" } }],
    ["BATCHWATCH_GRPC_ENABLED", "false", { grpc: { enabled: false } }],
    ["BATCHWATCH_JOBS_FILES", "/a.yaml, /b/*.yaml", { jobs: { files: ["/a.yaml", "/b/*.yaml"] } }],
    ["BATCHWATCH_RETENTION_RUNS", "90d", { retention: { runs: 7_776_000_000 } }],
    ["BATCHWATCH_OTLP_BODY_LIMIT_BYTES", "8MiB", { otlp: { bodyLimitBytes: 8_388_608 } }],
    [
      "BATCHWATCH_RECEIVERS",
      '[{"name":"ops","url":"https://h.test/x"}]',
      { receivers: [{ name: "ops", format: "generic" }] },
    ],
  ])("%s=%s in the environment", (name, text, expected) => {
    expect(loadConfig({ cwd, env: { [name]: text } }).config).toMatchObject(expected);
  });

  test("paths in a file start at the file, those of flags where the command runs", () => {
    writeFileSync(join(cwd, "b.yaml"), "dataDir: ./here\njobs:\n  files: [jobs/*.yaml]\n");
    expect(loadConfig({ cwd: "/", file: join(cwd, "b.yaml") }).config).toMatchObject({
      dataDir: join(cwd, "here"),
      jobs: { files: [join(cwd, "jobs/*.yaml")] },
    });
    expect(
      loadConfig({ cwd: "/srv", file: join(cwd, "b.yaml"), flags: { dataDir: "d" } }).config.dataDir,
    ).toBe("/srv/d");
  });

  test("snake_case in a file, and sections with nothing in them", () => {
    const { config } = withFile("data_dir: x\nhttp:\ngrpc:\n  # nothing\nwatch:\n  catch_up_grace: 5s\n");
    expect(config).toMatchObject({
      dataDir: join(cwd, "x"),
      http: { port: 4318 },
      watch: { catchUpGrace: 5000 },
    });
  });
});

describe("what is wrong is said with its place and the nearest name", () => {
  test.each([
    ["http:\n  prot: 4318\n", ['batchwatch.yaml:2: http.prot: is not known; did you mean "port"?']],
    ["data_dirr: x\n", ['batchwatch.yaml:1: data_dirr: is not known; did you mean "dataDir"?']],
    ["http:\n  port: http\n", [/^batchwatch.yaml:2: http.port: must be a number, not the text "http"/]],
    [
      "receivers:\n  - name: a\n    url: https://a.test\n  - name: a\n    url: nowhere\n    forma: slack\n",
      [
        'batchwatch.yaml:4: receivers[1].name: "a" is the name of another receiver already',
        /^batchwatch.yaml:5: receivers\[1\].url: must be an http/,
        /^batchwatch.yaml:6: receivers\[1\].forma: is not known; did you mean "format"/,
      ],
    ],
    [
      "watch:\n  live_horizon: soon\n",
      [/^batchwatch.yaml:2: watch.live_horizon: "soon" is no length of time/],
    ],
    [
      "http:\n  tls:\n    cert_file: x\nalerts: { receiver: ops }\ngrpc: { port: x }\n",
      [
        "batchwatch.yaml:2: http.tls.keyFile: is missing; it must be text",
        'batchwatch.yaml:4: alerts.receiver: names "ops", which is not in "receivers"',
        'batchwatch.yaml:5: grpc.port: must be a number, not the text "x"',
      ],
    ],
    [
      "log: {}\nlog: { levl: x }\n",
      ['batchwatch.yaml:2: says "log" a second time', /log.levl: is not known/],
    ],
    ["a: [1\n", [/^batchwatch.yaml:\d: is no valid YAML/]],
    ["- a\n", [/^batchwatch.yaml:1: must hold options by name/]],
    ["a: &a [*a, *a]\nb: 1\n", [/an alias holds itself/]],
  ])("in a file: %j", (text, expected) => {
    const found = problems(withFile(text));
    expect(found.length).toBeGreaterThanOrEqual(expected.length);
    for (const [index, one] of expected.entries()) expect(found[index]).toMatch(one);
  });

  test("in the environment", () => {
    const env = {
      BATCHWATCH_HTTP_PROT: "1",
      BATCHWATCH_HTTP_PORT: "x",
      BATCHWATCH_LOG_LEVEL: "loud",
      BATCHWATCH_GRPC_ENABLED: "maybe",
    };
    expect(problems(checkConfig({ cwd, env }))).toEqual([
      "BATCHWATCH_HTTP_PROT: is no option of Batchwatch; did you mean BATCHWATCH_HTTP_PORT?",
      "BATCHWATCH_HTTP_PORT: must be a number",
      "BATCHWATCH_GRPC_ENABLED: must be true or false",
      expect.stringMatching(/^BATCHWATCH_LOG_LEVEL: /),
    ]);
  });

  test("a named file that does not exist", () => {
    expect(problems(checkConfig({ cwd, file: "no.yaml" }))).toEqual([
      expect.stringMatching(/^no.yaml: does not exist/),
    ]);
  });

  test("all at once, in the error that stops a start", () => {
    expect(() => loadConfig({ cwd, env: { BATCHWATCH_HTTP_PORT: "x", BATCHWATCH_GRPC_PORT: "y" } })).toThrow(
      ConfigError,
    );
    expect(() => loadConfig({ cwd, env: { BATCHWATCH_HTTP_PORT: "x", BATCHWATCH_GRPC_PORT: "y" } })).toThrow(
      /BATCHWATCH_HTTP_PORT[\s\S]*BATCHWATCH_GRPC_PORT/,
    );
  });
});

test.each([
  "BATCHWATCH_URL",
  "BATCHWATCH_API_KEY",
  "BATCHWATCH_RUN",
  "BATCHWATCH_SERVICE_HOST",
  "BATCHWATCH_SERVICE_PORT_HTTP",
  "BATCHWATCH_PORT",
  "BATCHWATCH_PORT_4318_TCP_ADDR",
])("%s belongs to others and is left alone", (name) => {
  expect(checkConfig({ cwd, env: { [name]: "tcp://10.0.0.1:4318" } }).problems).toEqual([]);
});

test("certificates that are not there are found before a start", () => {
  writeFileSync(join(cwd, "tls.key"), "");
  const { config } = loadConfig({
    cwd,
    flags: { http: { tls: { certFile: "tls.crt", keyFile: "tls.key" } } },
  });
  expect(missingFiles(config).map(problemText)).toEqual([
    `http.tls.certFile: names ${join(cwd, "tls.crt")}, which does not exist`,
  ]);
});

test("secrets are not described", () => {
  const { config } = loadConfig({
    cwd,
    flags: {
      receivers: [{ name: "ops", url: "https://hooks.test/T0P", headers: { authorization: "S3CRET" } }],
    },
  });
  const text = JSON.stringify(describeConfig(config));
  expect(text).not.toMatch(/T0P|S3CRET/);
  expect(text).toContain('"name":"ops"');
});

test("no secret of any channel is described", () => {
  const receivers = CHANNEL_TYPES.map((type) => {
    const { secrets } = CHANNEL_OPTIONS[type];
    return { name: type, type, ...Object.fromEntries(secrets.map((option) => [option, "S3CRET"])) };
  });
  const config = { ...loadConfig({ cwd }).config, receivers };
  const text = JSON.stringify(
    describeConfig({ ...config, watchdog: { ...config.watchdog, pingUrl: "https://S3CRET.test" } }),
  );
  expect(text).not.toContain("S3CRET");
  expect(text).toContain('"routingKey":"(set)"');
});

test("files of secrets lie beside the configuration, and are found missing before a start", () => {
  writeFileSync(
    join(cwd, "batchwatch.yaml"),
    "receivers:\n  - { name: ops, type: pagerduty, routing_key_file: key }\n",
  );
  const { config } = loadConfig({ cwd, file: join(cwd, "batchwatch.yaml") });
  expect(config.receivers).toMatchObject([{ name: "ops", routingKeyFile: join(cwd, "key") }]);
  expect(missingFiles(config).map(problemText)).toEqual([
    `receivers[0].routingKeyFile: names ${join(cwd, "key")}, which does not exist`,
  ]);
});

test.each([
  [
    "receivers: [{ name: a, type: pagerduti, routing_key: k }]",
    /receivers\[0\].type: must be one of webhook, pagerduty/,
  ],
  [
    "receivers: [{ name: a, type: slack }]",
    /receivers\[0\].url: is missing; give it, or the file that holds it as "urlFile"/,
  ],
  ["receivers: [{ name: a, type: pagerduty }]", /receivers\[0\].routingKey: is missing/],
  [
    "receivers: [{ name: a, type: discord, url: https://x.test, url_file: f }]",
    /receivers\[0\].url_file: is given beside "url"/,
  ],
  [
    "receivers: [{ name: a, url: https://u:p@x.test }]",
    /receivers\[0\].url: must not hold a user and password/,
  ],
  ["alerts: { watchdog: ops }", /alerts.watchdog: names "ops", which is not in "receivers"/],
])("a receiver: %s", (text, expected) => {
  expect(problems(withFile(`${text}\n`)).join("\n")).toMatch(expected);
});

test("each option has a name of its own in the environment", () => {
  const names = CONFIG_OPTIONS.map(({ environmentName }) => environmentName);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain("BATCHWATCH_HTTP_TLS_CERT_FILE");
});

test("checking never throws, whatever the file holds", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const checked = withFile(text);
      expect(checked.config === null).toBe(checked.problems.length > 0);
    }),
    { numRuns: 60 },
  );
});
