/** Prometheus's HTTP API against a real server: what Grafana's data source and promtool ask, and how refusals look. */
import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { labelsOf } from "@batchwatch/promql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KnownSeries } from "../../model/samples.ts";
import { startTestServer, type TestServer } from "../../test-server.ts";

const START_AT = 1_700_000_000_000;
const STEP_MS = 15_000;
const STEPS = 241;
const END_AT = START_AT + (STEPS - 1) * STEP_MS;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  const series = ["etl", "report"].map(
    (job) =>
      new KnownSeries(
        labelsOf([
          ["__name__", "batch_job_completions_total"],
          ["job_name", job],
          ["status", "success"],
        ]),
      ),
  );
  const count = STEPS * series.length;
  await server.samples.append([
    {
      series,
      seriesIndex: Uint32Array.from({ length: count }, (_, index) => index % 2),
      times: Float64Array.from({ length: count }, (_, index) => START_AT + Math.floor(index / 2) * STEP_MS),
      values: Float64Array.from({ length: count }, (_, index) => Math.floor(index / 2) * (1 + (index % 2))),
      families: [
        { family: "batch_job_completions_total", type: "counter", help: "Runs that ended.", unit: "" },
      ],
    },
  ]);
});

afterAll(() => server.close());

async function ask(path: string, parameters: Record<string, string> | [string, string][] = {}) {
  const query = new URLSearchParams(parameters);
  const answer = await fetch(`${server.httpUrl}/api/v1/${path}?${query}`);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const seconds = (at: number): string => String(at / 1000);

describe("queries", () => {
  test("an instant query answers a vector with times in seconds and values as text", async () => {
    const { body } = await ask("query", { query: "batch_job_completions_total", time: seconds(END_AT) });
    expect(body).toEqual({
      status: "success",
      data: {
        resultType: "vector",
        result: [
          {
            metric: { __name__: "batch_job_completions_total", job_name: "etl", status: "success" },
            value: [END_AT / 1000, "240"],
          },
          {
            metric: { __name__: "batch_job_completions_total", job_name: "report", status: "success" },
            value: [END_AT / 1000, "480"],
          },
        ],
      },
    });
  });

  test.each([
    ["1+1", { resultType: "scalar", result: [4, "2"] }],
    ['"text"', { resultType: "string", result: [4, "text"] }],
    ["1/0", { resultType: "scalar", result: [4, "+Inf"] }],
    ["1e-7", { resultType: "scalar", result: [4, "1e-07"] }],
  ])("%s at time 4 answers as Grafana's save & test expects", async (query, data) => {
    const { body } = await ask("query", { query, time: "4" });
    expect(body).toEqual({ status: "success", data });
  });

  test("a range query by a POST form answers a matrix at each step", async () => {
    const form = new URLSearchParams({
      query: "sum(rate(batch_job_completions_total[5m]))",
      start: seconds(END_AT - 120_000),
      end: new Date(END_AT).toISOString(),
      step: "1m",
    });
    const answer = await fetch(`${server.httpUrl}/api/v1/query_range`, { method: "POST", body: form });
    const { data } = (await answer.json()) as {
      data: { resultType: string; result: { values: [number, string][] }[] };
    };
    expect(data.resultType).toBe("matrix");
    expect(data.result).toHaveLength(1);
    expect(data.result[0]?.values.map(([at]) => at * 1000)).toEqual([
      END_AT - 120_000,
      END_AT - 60_000,
      END_AT,
    ]);
    expect(Number(data.result[0]?.values[0]?.[1])).toBeCloseTo(0.2, 9);
  });

  test("a limit cuts the answer and says so", async () => {
    const { body } = await ask("query", {
      query: "batch_job_completions_total",
      time: seconds(END_AT),
      limit: "1",
    });
    expect(body).toMatchObject({ warnings: ["results truncated due to limit"] });
  });

  test("large answers are compressed for those who ask", async () => {
    const query = new URLSearchParams({
      query: "batch_job_completions_total",
      start: seconds(START_AT),
      end: seconds(END_AT),
      step: "15",
    });
    const { rawBody, encoding } = await raw(`/api/v1/query_range?${query}`);
    expect(encoding).toBe("gzip");
    expect(JSON.parse(gunzipSync(rawBody).toString())).toMatchObject({ status: "success" });
  });
});

async function raw(path: string): Promise<{ rawBody: Buffer; encoding: string | undefined }> {
  const { request } = await import("node:http");
  return new Promise((resolve, reject) => {
    request(`${server.httpUrl}${path}`, { headers: { "accept-encoding": "gzip" } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ rawBody: Buffer.concat(chunks), encoding: response.headers["content-encoding"] }),
      );
    })
      .on("error", reject)
      .end();
  });
}

describe("refusals have Prometheus's shape and words", () => {
  const range = { start: "0", end: "100", step: "10" };
  test.each([
    [
      "query",
      { query: "" },
      400,
      'invalid parameter "query": 1:1: parse error: no expression found in input',
    ],
    [
      "query",
      { query: "up{" },
      400,
      'invalid parameter "query": 1:4: parse error: unexpected end of input inside braces',
    ],
    [
      "query",
      { query: "1", time: "yesterday" },
      400,
      'invalid parameter "time": cannot parse "yesterday" to a valid timestamp',
    ],
    [
      "query_range",
      { ...range, query: "1", end: "200000", step: "1" },
      400,
      "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
    ],
    [
      "query_range",
      { ...range, query: "1", step: "0" },
      400,
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    ],
    [
      "query_range",
      { ...range, query: "1", end: "-1" },
      400,
      'invalid parameter "end": end timestamp must not be before start time',
    ],
    [
      "query_range",
      { ...range, query: "a[5m]" },
      400,
      'invalid parameter "query": invalid expression type "range vector" for range query, must be Scalar or instant Vector',
    ],
    ["series", {}, 400, "no match[] parameter provided"],
    ["series", { "match[]": "{}" }, 400, "match[] must contain at least one non-empty matcher"],
    ["rules", { type: "other" }, 400, 'invalid parameter "type": not supported value "other"'],
  ])("%s %j", async (path, parameters, status, error) => {
    expect(await ask(path, parameters as Record<string, string>)).toEqual({
      status,
      body: { status: "error", errorType: "bad_data", error },
    });
  });

  test("a match that is not unique is an execution error, 422", async () => {
    const query = "batch_job_completions_total * on(status) batch_job_completions_total";
    const { status, body } = await ask("query", { query, time: seconds(END_AT) });
    expect(status).toBe(422);
    expect(body).toMatchObject({ errorType: "execution" });
  });
});

describe("series, labels and metadata", () => {
  test.each([
    ["labels", {}, ["__name__", "job_name", "status"]],
    ["label/job_name/values", {}, ["etl", "report"]],
    ["label/__name__/values", { "match[]": '{__name__=~"batch_.*"}' }, ["batch_job_completions_total"]],
    ["label/job_name/values", { "match[]": 'batch_job_completions_total{job_name="etl"}' }, ["etl"]],
    ["label/U__job_5f_name/values", {}, ["etl", "report"]],
    ["label/nothing/values", {}, []],
  ])("%s %j", async (path, parameters, data) => {
    expect(
      (await ask(path, { start: seconds(START_AT), end: seconds(END_AT), ...parameters })).body.data,
    ).toEqual(data);
  });

  test("series answers label sets", async () => {
    const { body } = await ask("series", {
      "match[]": '{job_name="etl"}',
      start: seconds(START_AT),
      end: seconds(END_AT),
    });
    expect(body.data).toEqual([
      { __name__: "batch_job_completions_total", job_name: "etl", status: "success" },
    ]);
  });

  test("metadata answers type and help of a family", async () => {
    const { body } = await ask("metadata", { metric: "batch_job_completions_total" });
    expect(body.data).toEqual({
      batch_job_completions_total: [{ type: "counter", help: expect.stringContaining("uns"), unit: "" }],
    });
  });

  test.each(["query_exemplars", "rules", "alerts", "status/buildinfo", "status/tsdb", "status/flags"])(
    "%s succeeds",
    async (path) => {
      expect((await ask(path)).body).toMatchObject({ status: "success" });
    },
  );

  test("buildinfo has no features, so that Grafana sees a Prometheus", async () => {
    const { body } = await ask("status/buildinfo");
    expect(body.data).toMatchObject({ version: expect.stringMatching(/^3\./) });
    expect(body.data).not.toHaveProperty("features");
  });
});

describe("expressions", () => {
  test("format_query lays an expression out", async () => {
    expect((await ask("format_query", { query: "sum( foo )by(a)" })).body.data).toBe("sum by (a) (foo)");
  });

  test("parse_query answers its tree", async () => {
    expect((await ask("parse_query", { query: "foo + 1" })).body.data).toMatchObject({
      type: "binaryExpr",
      op: "+",
    });
  });
});

/** Not `spawnSync`: the server that promtool asks lives in this process. */
async function promtool(...args: string[]): Promise<string> {
  return (await promisify(execFile)("promtool", args, { timeout: 20_000 })).stdout;
}

const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

describe.skipIf(!hasPromtool)("promtool (skipped where it is not installed)", () => {
  const range = [`--start=${START_AT / 1000}`, `--end=${END_AT / 1000}`];
  test.each([
    [["instant", `--time=${END_AT / 1000}`], /720 @\[1700003600\]/],
    [["range", ...range, "--step=30m"], /360 @\[1700001800\]/],
  ])("query %j", async ([kind = "", ...options], expected) => {
    const query = "sum(batch_job_completions_total)";
    expect(await promtool("query", kind, ...options, server.httpUrl, query)).toMatch(expected);
  });

  test("query labels and series", async () => {
    const labels = await promtool("query", "labels", ...range, server.httpUrl, "job_name");
    expect(labels.trim().split("\n")).toEqual(["etl", "report"]);
    const series = await promtool("query", "series", ...range, '--match={job_name="etl"}', server.httpUrl);
    expect(series).toContain('job_name="etl"');
  });
});
