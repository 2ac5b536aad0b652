import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labelValue } from "@batchwatch/promql";
import { afterEach, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../../test-server.ts";
import { type SentSeries, snappyBlock, writeRequest } from "./test-support/write-request.ts";

const HEADERS = {
  "content-encoding": "snappy",
  "content-type": "application/x-protobuf",
  "x-prometheus-remote-write-version": "0.1.0",
};

let server: TestServer | null = null;
const directories: string[] = [];

afterEach(async () => {
  await server?.close();
  server = null;
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

async function start(overrides: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  server = await startTestServer(overrides);
  return server;
}

function post(to: TestServer, body: Uint8Array, headers: Record<string, string> = HEADERS) {
  return to.request("/api/v1/write", { method: "POST", headers, body: new Uint8Array(body) });
}

const up = (job: string, samples: SentSeries["samples"]): SentSeries => ({
  labels: [
    ["__name__", "up"],
    ["job", job],
  ],
  samples,
});

async function stored(from: TestServer): Promise<[string, number][]> {
  const series = await from.samples.select([{ name: "__name__", op: "=", value: "up" }], 0, Date.now() + 1e9);
  return series.flatMap(({ labels, values }) =>
    Array.from(values, (value): [string, number] => [labelValue(labels, "job"), value]),
  );
}

describe("remote write", () => {
  test("is stored when it is answered, and again without harm", async () => {
    const to = await start();
    const body = snappyBlock(
      writeRequest([
        up("a", [
          [1, Date.now() - 15_000],
          [2, Date.now()],
        ]),
      ]),
    );
    for (let round = 0; round < 2; round++) {
      expect(await post(to, body)).toMatchObject({ status: 204, text: "" });
      expect(await stored(to)).toEqual([
        ["a", 1],
        ["a", 2],
      ]);
    }
    expect(await post(to, body, {})).toMatchObject({ status: 204 });
    expect(await post(to, snappyBlock(new Uint8Array()))).toMatchObject({ status: 204 });
  });

  test("takes old and late samples; the last written of a time holds", async () => {
    const to = await start();
    const at = Date.now();
    await post(to, snappyBlock(writeRequest([up("a", [[1, at]])])));
    expect(
      await post(
        to,
        snappyBlock(
          writeRequest([
            up("a", [
              [5, at],
              [0, at - 7_200_000],
            ]),
          ]),
        ),
      ),
    ).toMatchObject({
      status: 204,
    });
    expect(await stored(to)).toEqual([
      ["a", 0],
      ["a", 5],
    ]);
  });

  test("with samples that cannot be stored is answered 400 with the reason, the others being stored", async () => {
    const to = await start();
    const bad: SentSeries = { labels: [["job", "x"]], samples: [[1, Date.now()]] };
    const answer = await post(to, snappyBlock(writeRequest([bad, up("a", [[3, Date.now()]])])));
    expect(answer).toMatchObject({ status: 400, json: { code: "samples_not_stored" } });
    expect(answer.text).toMatch(/1 of 2 samples.*__name__/);
    expect(await stored(to)).toEqual([["a", 3]]);
  });

  const PLAIN = { "content-type": "application/x-protobuf" };
  test.each<[string, Uint8Array, Record<string, string>, number]>([
    ["what is no snappy", Buffer.from("job_name"), HEADERS, 400],
    ["an empty body", new Uint8Array(), HEADERS, 400],
    ["what is no protobuf", snappyBlock(Buffer.from("job_name")), HEADERS, 400],
    ["gzip", new Uint8Array(8), { ...HEADERS, "content-encoding": "gzip" }, 415],
    ["JSON", Buffer.from("{}"), { "content-type": "application/json" }, 415],
    [
      "remote write 2.0",
      new Uint8Array(8),
      { ...HEADERS, "content-type": "application/x-protobuf;proto=io.prometheus.write.v2.Request" },
      415,
    ],
    [
      "a protobuf that is named",
      snappyBlock(new Uint8Array()),
      { "content-type": "application/x-protobuf; proto=prometheus.WriteRequest" },
      204,
    ],
    ["no encoding named", snappyBlock(new Uint8Array()), PLAIN, 204],
    ["more than is allowed", snappyBlock(new Uint8Array(70_000)), HEADERS, 413],
    ["more than is allowed as it comes", new Uint8Array(70_000), HEADERS, 413],
  ])("answers %s", async (_name, body, headers, status) => {
    const to = await start({ remoteWrite: { bodyLimitBytes: 65_536 } });
    expect(await post(to, body, headers)).toMatchObject({ status });
  });

  test("answers other methods with 405", async () => {
    const to = await start();
    expect(await to.request("/api/v1/write")).toMatchObject({ status: 405 });
  });

  test("of too many series keeps those that are known, and says which limit it was", async () => {
    const to = await start({ metrics: { maxSeries: 10_000, maxSeriesPerNamespace: 1000 } });
    const many = (from: number, count: number) =>
      snappyBlock(
        writeRequest(Array.from({ length: count }, (_, index) => up(`j${from + index}`, [[1, Date.now()]]))),
      );
    expect(await post(to, many(0, 1000))).toMatchObject({ status: 204 });
    const over = await post(to, many(500, 600));
    expect(over.status).toBe(400);
    expect(over.text).toMatch(/100 samples of 100 new series.*metrics\.maxSeriesPerNamespace/);
    expect((await to.samples.stats()).samples).toBe(1500);
    expect(await post(to, many(0, 1000))).toMatchObject({ status: 204 });
    expect((await to.request("/metrics")).text).toMatch(
      /remote_write_rejected_total\{reason="series_limit"\} 100/,
    );
  });

  test("of many samples is stored in slices", async () => {
    const to = await start();
    const now = Date.now();
    const series = Array.from({ length: 30 }, (_, job) =>
      up(
        `j${job}`,
        Array.from({ length: 2000 }, (_unused, index) => [index, now - index * 1000] as const),
      ),
    );
    expect(await post(to, snappyBlock(writeRequest(series)))).toMatchObject({ status: 204 });
    expect((await to.samples.stats()).samples).toBe(60_000);
  });
});

const hasPrometheus = spawnSync("prometheus", ["--version"]).status === 0;

test.skipIf(!hasPrometheus)(
  "a real Prometheus sends its samples, stale markers and metadata (needs `prometheus` on the PATH)",
  async () => {
    const to = await start();
    const directory = mkdtempSync(join(tmpdir(), "batchwatch-prometheus-"));
    directories.push(directory);
    const config = join(directory, "prometheus.yml");
    const target = new URL(to.httpUrl).host;
    const remoteWrite = `remote_write:
  - { url: "${to.httpUrl}/api/v1/write", metadata_config: { send_interval: 1s }, queue_config: { batch_send_deadline: 500ms } }
`;
    const scrape = `scrape_configs:
  - { job_name: batchwatch, static_configs: [{ targets: ["${target}"] }] }
`;
    const global = "global: { scrape_interval: 1s }\n";
    writeFileSync(config, global + scrape + remoteWrite);
    const child = spawn(
      "prometheus",
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${directory}/data`,
        "--web.listen-address=127.0.0.1:0",
      ],
      { stdio: "ignore" },
    );
    try {
      await expect
        .poll(() => stored(to), { timeout: 40_000, interval: 500 })
        .toEqual(expect.arrayContaining([["batchwatch", 1]]));
      // The family's name is with or without `_total`, as the exposition format has it.
      await expect
        .poll(() => to.samples.metadata(), { timeout: 20_000, interval: 500 })
        .toContainEqual(
          expect.objectContaining({
            family: expect.stringMatching(/^batchwatch_stage_items/),
            type: "counter",
          }),
        );
      const answer = await to.samples.queryInstant(
        `count by (job) ({__name__=~"batchwatch_.+"}) > 5`,
        Date.now(),
      );
      expect(answer.value).toMatchObject({
        kind: "vector",
        samples: [{ labels: { values: ["batchwatch"] } }],
      });
      // Without its target the job goes on, and ends the series with stale markers.
      writeFileSync(config, global + scrape.replace(`"${target}"`, "") + remoteWrite);
      child.kill("SIGHUP");
      await expect
        .poll(async () => (await to.samples.queryInstant("up", Date.now())).value, {
          timeout: 30_000,
          interval: 500,
        })
        .toMatchObject({ kind: "vector", samples: [] });
    } finally {
      child.kill("SIGKILL");
      await once(child, "close");
    }
  },
  120_000,
);
