import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MarkedLineScanner, RecordReport, ReportLineReader } from "./record-lines.ts";

function reported(feed: (report: RecordReport) => void) {
  const report = new RecordReport(() => {});
  feed(report);
  return report.current();
}

describe("a line", () => {
  test.each([
    ["processed=120 failed=3", { processed: 120, failed: 3 }, { processed: 120 }],
    ["processed=120, failed=3", { processed: 120, failed: 3 }, { processed: 120 }],
    ["processed: 120", { processed: 120 }, { processed: 120 }],
    ["PROCESSED=1_000", { processed: 1000 }, { processed: 1000 }],
    ["extracted=3 transformed=2 loaded=1", { extracted: 3, transformed: 2, loaded: 1 }, {}],
    ["done=5 total=10", { processed: 5 }, { processed: 5, total: 10 }],
    ["errors=4", { failed: 4 }, {}],
    ['rate=12.5 message="half way"', {}, { rate: 12.5, message: "half way" }],
    ['{"processed":7,"total":9,"message":"on"}', { processed: 7 }, { processed: 7, total: 9, message: "on" }],
  ])("%s", (line, records, progress) => {
    expect(reported((report) => report.line(line))).toEqual({ records, progress });
  });

  test.each([
    "",
    "processed",
    "processed=",
    "processed=many",
    "processed=-1",
    "processed=1.5",
    "processed=1e999",
    "unknown=3",
    "{",
    "{}",
    "[1]",
    '{"processed":null}',
    '{"processed":"x"}',
  ])("%j reports nothing", (line) => {
    expect(reported((report) => report.line(line))).toBe(null);
  });

  test("adds to what was reported before; the newest of each wins", () => {
    const both = reported((report) => {
      report.line("processed=1 failed=1");
      report.line("processed=2");
    });
    expect(both?.records).toEqual({ processed: 2, failed: 1 });
  });
});

test("marked lines are found whatever surrounds them and however the bytes are cut", () => {
  const noise = fc.array(
    fc.constantFrom("some log", "BATCHWATCH", "ä BATCHWATCH_RECORD x", "\u0000\u0001", "x".repeat(70)),
  );
  fc.assert(
    fc.property(
      noise,
      noise,
      fc.array(fc.integer({ min: 1, max: 30 })),
      fc.nat(),
      (before, after, cuts, count) => {
        const bytes = Buffer.from(
          [...before, `INFO BATCHWATCH_RECORDS processed=${count} failed=1`, ...after].join("\n"),
        );
        const seen = reported((report) => {
          const scanner = new MarkedLineScanner(report);
          let at = 0;
          for (const size of cuts) {
            scanner.write(bytes.subarray(at, at + size));
            at += size;
          }
          scanner.write(bytes.subarray(at));
          scanner.end();
        });
        expect(seen?.records).toEqual({ processed: count, failed: 1 });
      },
    ),
  );
});

test("a line without an end does not grow what is kept", () => {
  const seen = reported((report) => {
    const scanner = new MarkedLineScanner(report);
    scanner.write(Buffer.from("BATCHWATCH_RECORDS processed=1 "));
    for (let i = 0; i < 100; i++) scanner.write(Buffer.alloc(1000, "x"));
    scanner.write(Buffer.from("\nBATCHWATCH_RECORDS processed=2\n"));
  });
  expect(seen?.records).toEqual({ processed: 2 });
});

test("descriptor 3 takes lines with and without the marker, and passes over what is none", () => {
  const seen = reported((report) => {
    const reader = new ReportLineReader(report);
    reader.write(Buffer.from("processed=1\nBATCHWATCH_RECORDS failed=2\nhello\n"));
    reader.write(Buffer.alloc(10_000, "y"));
    reader.write(Buffer.from(' processed=99\n{"tot'));
    reader.write(Buffer.from('al":7}'));
    reader.end();
  });
  expect(seen).toEqual({ records: { processed: 1, failed: 2 }, progress: { processed: 1, total: 7 } });
});
