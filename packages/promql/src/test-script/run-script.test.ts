// The runner against scripts that must pass, must fail and must be skipped; a runner that passes everything proves nothing.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CaseOutcome, runScript } from "./run-script.ts";

const OWN = join(import.meta.dirname, "../../test-scripts");
const SHARED = join(import.meta.dirname, "../../../../../shared/promql");

const DATA = `
load 1m
  a{x="1"} 0+1x10
  a{x="2"} 5x10
  counter 0+1x10
  h {{schema:0 count:1 sum:1 buckets:[1]}}x10
  started@st -1mx10
  started 0+1x10
`;

function verdicts(outcomes: readonly CaseOutcome[]): string[] {
  return outcomes.map(({ verdict }) => verdict.kind);
}

function notPassed(text: string): string[] {
  return runScript(text).flatMap(({ line, query, verdict }) =>
    verdict.kind === "passed" ? [] : [`${line}: ${query}: ${JSON.stringify(verdict)}`],
  );
}

describe("scripts of our own pass", () => {
  test.each(readdirSync(OWN).filter((name) => name.endsWith(".test")))("%s", (name) => {
    const text = readFileSync(join(OWN, name), "utf8");
    expect(runScript(text).length).toBeGreaterThan(1);
    expect(notPassed(text)).toEqual([]);
  });
});

describe("Prometheus's scripts pass, each case also at other times and as a range", () => {
  if (!existsSync(SHARED)) {
    test.skip("../shared/promql is not here", () => {});
    return;
  }
  test.each(readdirSync(SHARED).filter((name) => name.endsWith(".test")))("%s", (name) => {
    expect(notPassed(readFileSync(join(SHARED, name), "utf8"))).toEqual([]);
  });
});

describe("a wrong expectation fails", () => {
  test.each([
    ["a value", 'eval instant at 10m a{x="1"}\n  a{x="1"} 10.1', 'a{x="1"} is 10'],
    ["a value by a millionth", 'eval instant at 10m a{x="1"}\n  a{x="1"} 10.0001', 'a{x="1"} is 10'],
    ["0 for almost 0", "eval instant at 1m vector(1e-9)\n  {} 0", "{} is 1e-9"],
    ["NaN for a number", "eval instant at 1m vector(1)\n  {} NaN", "{} is 1"],
    ["stale for NaN", "eval instant at 1m vector(NaN)\n  {} stale", "{} is NaN"],
    ["a missing series", 'eval instant at 10m a\n  a{x="1"} 10', 'a{x="2"} is not expected'],
    ["a series too many", 'eval instant at 10m a{x="1"}\n  a{x="1"} 10\n  b 1', "b is missing"],
    ["the metric name", 'eval instant at 10m a{x="1"}\n  {x="1"} 10', 'a{x="1"} is not expected'],
    ["nothing for something", "eval instant at 10m vector(1)", "{} is not expected"],
    ["a vector for a scalar", "eval instant at 1m 1\n  {} 1", "expected a vector, got a scalar"],
    ["a scalar for a vector", "eval instant at 1m vector(1)\n  1", "expected a scalar, got a vector"],
    ["another scalar", "eval instant at 1m 1\n  2", "the scalar differs"],
    ["another string", 'eval instant at 1m "a"\n  expect string "b"', "the string differs"],
    [
      "the order",
      'eval instant at 10m sort(a)\n  expect ordered\n  a{x="1"} 10\n  a{x="2"} 5',
      "at place 1, expected at 2",
    ],
    ["a failure that does not come", "eval instant at 1m 1\n  expect fail", "1"],
    [
      "another failure",
      "eval instant at 1m {}\n  expect fail msg: nothing of the kind",
      "the error: 1:1: parse error",
    ],
    ["a failure that does come", "eval instant at 1m a +\n", "the error: 1:4: parse error"],
    [
      "a warning that does not come",
      "eval instant at 1m vector(1)\n  expect warn\n  {} 1",
      "expected a warning, got none",
    ],
    [
      "another warning",
      "eval instant at 1m quantile(2, vector(1))\n  expect warn msg: x\n  {} +Inf",
      "no warning matches msg: x",
    ],
    [
      "a warning that is not named",
      "eval instant at 1m quantile(2, vector(1)) + quantile(3, vector(1))\n  expect warn regex: got 2\n  {} +Inf",
      "the warning is not expected",
    ],
    [
      "no warning",
      "eval instant at 1m quantile(2, vector(1))\n  expect no_warn\n  {} +Inf",
      "expected no warning, got",
    ],
    [
      "no info",
      'eval instant at 10m rate(a[5m])\n  expect no_info\n  {x="1"} 0.0166666\n  {x="2"} 0',
      "expected no info, got",
    ],
    [
      "a point of a range",
      'eval range from 0 to 2m step 1m a{x="1"}\n  a{x="1"} 0 1 3',
      'a{x="1"}: at 120000 ms it is 2',
    ],
    [
      "a point too few",
      'eval range from 0 to 2m step 1m a{x="1"}\n  a{x="1"} 0 1',
      "expected 2 points, got 3",
    ],
    ["a point too many", 'eval range from 0 to 1m step 1m a{x="1"}\n  a{x="1"} 0 1 2', "more than the steps"],
    [
      "a point where there is a gap",
      'eval range from 0 to 1m step 1m a{x="1"} > 0\n  a{x="1"} 1',
      "point 1 is at 60000 ms, not 0 ms",
    ],
    [
      "the times of a range vector",
      'eval instant at 2m a{x="1"}[2m]\n  expect range vector from 0s to 2m step 1m\n  a{x="1"} 1 2',
      "is at 60000 ms, not 0 ms",
    ],
  ])("%s", (_, script, got) => {
    const [outcome, ...others] = runScript(`${DATA}\n${script}\n`);
    expect(others).toEqual([]);
    expect(outcome?.verdict).toMatchObject({ kind: "failed", got: expect.stringContaining(got) });
  });
});

describe("what the engine does not know is skipped by name, never passed", () => {
  test.each([
    ["a native histogram that is read", "eval instant at 5m h\n"],
    ["one in a pattern", 'eval instant at 5m {__name__=~"a|h"}\n  a{x="1"} 5\n  a{x="2"} 5'],
    ["one that is expected", "eval instant at 5m a\n  h {{count:1}}"],
    ["one inside a failure", "eval instant at 5m h + on () a\n  expect fail"],
    ["start timestamps", "eval instant at 5m rate(started[5m])\n  {} 1"],
  ])("%s", (_, script) => {
    expect(runScript(`${DATA}\n${script}\n\neval instant at 10m counter\n  counter 10\n`)).toMatchObject([
      { verdict: { kind: "skipped", reason: expect.stringContaining("the engine has floats") } },
      { verdict: { kind: "passed" } },
    ]);
  });

  test("a classic histogram loaded with a native twin is known, the twin is not", () => {
    const script = `load_with_nhcb 1m
  d_bucket{le="1"} 1
  d_bucket{le="+Inf"} 2
  d_count 2

eval instant at 0 d_bucket{le="1"}
  d_bucket{le="1"} 1

eval instant at 0 d
`;
    expect(verdicts(runScript(script))).toEqual(["passed", "skipped"]);
  });
});

describe("the additional runs", () => {
  test("find what only shows at another time", () => {
    // `@` in the text means 5m, the expectation holds at 5m alone: with the time written in, it holds everywhere.
    const script = `${DATA}\neval instant at 5m sum_over_time(a{x="1"}[2m]) + a{x="1"} offset 1m\n  {x="1"} 13\n`;
    expect(verdicts(runScript(script))).toEqual(["passed"]);
  });

  test("leave out what depends on the time of the query", () => {
    expect(
      verdicts(runScript("eval instant at 5m time()\n  300\n\neval instant at 5m minute()\n  {} 5\n")),
    ).toEqual(["passed", "passed"]);
  });

  test("keep `@ start()` and places in annotations", () => {
    const script = `${DATA}
eval instant at 5m a{x="1"} @ start() + quantile(7, a)
  expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 7 (1:31)

eval instant at 5m count(a) + quantile(7, a)
  expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 7 (1:21)
  {} +Inf
`;
    expect(notPassed(script)).toEqual([]);
  });
});

describe("a command that cannot be read is a failed case, and the rest is run", () => {
  test.each([
    ["evaluate 5m up", "invalid evaluation command"],
    ["nonsense", "invalid command"],
    ["load 5", "not a valid duration string"],
    ["load 5m\n  a{x=1} 1", "expected a quoted string"],
    ["load 5m\n  a 1 2x", '"x" in the values'],
    ["load 5m\n  a 1+2", "says no number of steps"],
    ["load 5m\n  a {{sum:x}}", "histogram field sum is no number"],
    ["load 5m\n  a {{what:1}}", "histogram field what is not known"],
    ['load 5m\n  a{x="1" 1', "in the labels"],
    ["load 5m\n  a@st 1s\n  b 1", "@st metric does not match"],
    ["load 5m\n  a@st 1s", "@st line has no following sample line"],
    ["eval instant  up", "says no time"],
    ["eval range from 5m to 1m step 1m a", "is before the start"],
    ["eval range from 0 to 1m step 0 a", "must be more than 0"],
    ["eval instant at 5m a\n  a 1 2", "one value a series"],
    ["eval instant at 5m a\n  expect nonsense", "invalid expect line"],
    ["eval instant at 5m a\n  expect warn\n  expect no_warn", "cannot be used together"],
    ["eval instant at 5m a\n  expect info\n  expect no_info", "cannot be used together"],
    ["eval instant at 5m a\n  expect fail\n  expect fail", "more than one expect fail"],
    ["eval instant at 5m a\n  expect fail regex: (", "invalid regular expression"],
    ["eval instant at 5m a\n  expect string nothing", "not correctly quoted"],
    ["eval range from 0 to 1m step 1m a\n  expect ordered", "for eval instant alone"],
  ])("%s", (command, message) => {
    expect(runScript(`${command}\n\neval instant at 1m 1\n  1\n`)).toMatchObject([
      { verdict: { kind: "failed", got: expect.stringContaining(message) } },
      { verdict: { kind: "passed" } },
    ]);
  });

  test("says its line", () => {
    expect(runScript("\n\nload 5m\n  good 1\n  bad{ 1\n")).toMatchObject([{ line: 5 }]);
  });
});

test("any text is run without throwing", () => {
  const piece = fc.constantFrom(
    "load 1m",
    "\n",
    "\n  ",
    "\n\n",
    "clear",
    "eval instant at 1m ",
    "eval range from 0 to 1m step 1m ",
    "expect ",
    "fail",
    "warn",
    "ordered",
    " msg: x",
    "a",
    "{x='1'}",
    " 1",
    " 0+1x3",
    " {{}}",
    "@st ",
    "#",
    "range vector from 0 to 1m step 1m",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      expect(Array.isArray(runScript(pieces.join("")))).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});
