import { Writable } from "node:stream";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { batchJob } from "../batch-job.ts";
import { type RecordedSignals, recordSignals } from "../testing/record-signals.ts";
import { captureConsole } from "./console.ts";
import { pinoRunOptions } from "./pino.ts";
import { winstonRunFormat } from "./winston.ts";

let signals: RecordedSignals;
beforeEach(() => {
  signals = recordSignals();
});
afterEach(() => signals.stop());

function lines(): unknown[] {
  return signals
    .logs()
    .filter(({ eventName }) => eventName === "batch.run.log")
    .map(({ severityText, body, attributes, spanContext }) => [
      severityText,
      body,
      attributes["batch.job.id"],
      spanContext?.traceId,
    ]);
}

describe("lines written inside a run belong to it", () => {
  test("console, and nothing outside or after", async () => {
    const printed: unknown[][] = [];
    const target = Object.fromEntries(
      ["debug", "log", "info", "warn", "error"].map((method) => [
        method,
        (...args: unknown[]) => printed.push(args),
      ]),
    ) as unknown as Console;
    const restore = captureConsole(target);
    target.log("outside");
    await batchJob("job", { runId: "r" }, () => target.warn("%d rows", 3));
    restore();
    await batchJob("job", () => target.log("after"));
    expect(lines()).toEqual([["WARN", "3 rows", "r", signals.spans()[0]?.spanContext().traceId]]);
    expect(printed).toEqual([["outside"], ["%d rows", 3], ["after"]]);
  });

  test("pino: ids on its own lines, and its lines with the run", async () => {
    let written = "";
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written += chunk.toString();
        done();
      },
    });
    const logger = pino({ ...pinoRunOptions() }, stream);
    await batchJob("job", { runId: "r" }, () => {
      logger.error({ rows: 3 }, "lost %s", "some");
      logger.info("plain");
    });
    const traceId = signals.spans()[0]?.spanContext().traceId;
    expect(JSON.parse(written.split("\n")[0] ?? "")).toMatchObject({
      job_id: "r",
      trace_id: traceId,
      msg: "lost some",
    });
    expect(lines()).toEqual([
      ["ERROR", "lost some", "r", traceId],
      ["INFO", "plain", "r", traceId],
    ]);
  });

  test("winston, by the shape of its formats", async () => {
    const format = winstonRunFormat();
    let info: object = {};
    await batchJob("job", { runId: "r" }, () => {
      info = format.transform({ level: "warn", message: "careful", rows: 3 });
    });
    expect(info).toMatchObject({ job_id: "r", job_name: "job", rows: 3 });
    expect(lines()).toHaveLength(1);
    expect(format.transform({ level: "info", message: "outside" })).toEqual({
      level: "info",
      message: "outside",
    });
  });
});
