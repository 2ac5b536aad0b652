import { expect, test } from "vitest";
import { bytes, count, instant, jobLabel, pairs, table } from "./show.ts";

test("a table is aligned, numbers to the right, and nothing of a text moves the cursor", () => {
  const rows = [
    { name: "daily_etl", records: "1 200" },
    { name: "\u001b[31mred\u001b[0m\nä", records: "7" },
  ];
  expect(
    table(rows, [
      { title: "JOB", value: (row) => row.name },
      { title: "RECORDS", value: (row) => row.records, align: "right" },
    ]),
  ).toBe(["JOB        RECORDS", "daily_etl    1 200", "red ä            7"].join("\n"));
});

test("pairs leave out what is not known", () => {
  expect(
    pairs([
      ["job", "a"],
      ["exit code", null],
      ["signal", "SIGTERM"],
    ]),
  ).toBe("job     a\nsignal  SIGTERM");
});

test.each([
  [null, "–"],
  [0, "0 B"],
  [1023, "1023 B"],
  [1536, "1.5 KiB"],
  [3 * 1024 ** 3, "3 GiB"],
])("%d bytes are shown as %s", (value, text) => {
  expect(bytes(value)).toBe(text);
});

test("counts are grouped", () => {
  expect(count(1_234_567)).toBe("1 234 567");
});

test("an instant is shown with its zone", () => {
  expect(instant("2026-11-24T02:00:00.000Z")).toMatch(/^2026-11-2\d \d\d:\d\d:\d\d UTC/);
});

test.each([
  [{ namespace: "default", environment: "", jobName: "a" }, "a"],
  [{ namespace: "etl", environment: "staging", jobName: "a" }, "etl/a (staging)"],
])("the label of %j is %s", (job, label) => {
  expect(jobLabel(job)).toBe(label);
});
