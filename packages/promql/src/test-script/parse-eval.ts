/** `eval instant …` and `eval range …` with the lines that say what must come out. */
import { RE2JS } from "re2js";
import { unquote } from "./quoted-text.ts";
import {
  type EvalCommand,
  type ExpectedResult,
  type ExpectedSeries,
  LineError,
  onLine,
  type ScriptLine,
  type Steps,
  type TextExpectation,
} from "./script-commands.ts";
import { parseScriptDuration } from "./script-duration.ts";
import { parseSeriesLine } from "./series-line.ts";

const INSTANT = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+)$/i;
const RANGE = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+)$/i;
const EXPECT = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/;
const EXPECT_RANGE = /^expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+)$/;
const OLD_FAIL = /^(expected_fail_message|expected_fail_regexp)\b(.*)$/;

interface Draft {
  readonly mode: string | undefined;
  readonly query: string;
  readonly time: EvalCommand["time"];
  readonly fail: TextExpectation[];
  mustFail: boolean;
  isOrdered: boolean;
  readonly warn: TextExpectation[];
  readonly info: TextExpectation[];
  noWarn: boolean;
  noInfo: boolean;
  rangeVector: Steps | null;
  readonly series: Map<string, ExpectedSeries>;
  single: Exclude<ExpectedResult, { kind: "series" }> | null;
}

/** The command, and how many lines after its head belong to it. @throws SyntaxError, RangeError, LineError */
export function parseEval(
  head: ScriptLine,
  body: readonly ScriptLine[],
): { command: EvalCommand; taken: number } {
  const draft = draftOf(head.text);
  let taken = 0;
  for (const line of body) {
    taken++;
    if (onLine(line, () => readExpectation(line.text, draft)) === "last") break;
  }
  if (draft.warn.length > 0 && draft.noWarn)
    throw new LineError(head.line, "expect warn and expect no_warn cannot be used together");
  if (draft.info.length > 0 && draft.noInfo)
    throw new LineError(head.line, "expect info and expect no_info cannot be used together");
  if (draft.series.size > 0 && draft.single !== null)
    throw new LineError(head.line, `a ${draft.single.kind} and series cannot both be expected`);
  const { query, time, isOrdered, warn, info, noWarn, noInfo, rangeVector } = draft;
  const result: ExpectedResult = draft.single ?? { kind: "series", series: [...draft.series.values()] };
  const fail = draft.mustFail ? draft.fail : null;
  return {
    command: {
      kind: "eval",
      line: head.line,
      query,
      time,
      fail,
      isOrdered,
      warn,
      info,
      noWarn,
      noInfo,
      rangeVector,
      result,
    },
    taken,
  };
}

function draftOf(text: string): Draft {
  const instant = INSTANT.exec(text);
  const range = instant === null ? RANGE.exec(text) : null;
  if (instant === null && range === null)
    throw new SyntaxError(
      "invalid evaluation command: eval instant at <time> <query>, or eval range from <time> to <time> step <time> <query>",
    );
  const mode = (instant?.[1] ?? range?.[1])?.toLowerCase();
  const query = (instant?.[3] ?? range?.[5] ?? "").trim();
  if (instant !== null && instant[2] === undefined)
    throw new SyntaxError("eval instant says no time: eval instant at <time> <query>");
  return {
    mode,
    query,
    time:
      range === null
        ? { kind: "instant", at: parseScriptDuration((instant?.[2] ?? "").trim()) }
        : { kind: "range", ...stepsOf(range[2], range[3], range[4]) },
    fail: [],
    mustFail: mode === "fail",
    isOrdered: mode === "ordered",
    warn: mode === "warn" ? [{ kind: "any" }] : [],
    info: mode === "info" ? [{ kind: "any" }] : [],
    noWarn: false,
    noInfo: false,
    rangeVector: null,
    series: new Map(),
    single: null,
  };
}

function readExpectation(text: string, draft: Draft): "last" | "more" {
  const oldFail = draft.mode === "fail" ? OLD_FAIL.exec(text) : null;
  if (oldFail !== null) {
    draft.fail.push(textExpectation(oldFail[1] === "expected_fail_regexp" ? "regex" : "msg", oldFail[2]));
    return "last";
  }
  if (text.startsWith("expect range vector")) {
    const match = EXPECT_RANGE.exec(text);
    if (match === null)
      throw new SyntaxError("invalid range vector: expect range vector from <time> to <time> step <time>");
    if (draft.time.kind === "range")
      throw new SyntaxError("expect range vector is for eval instant: a range query has its times already");
    draft.rangeVector = stepsOf(match[1], match[2], match[3]);
    return "more";
  }
  if (text.startsWith("expect string")) {
    draft.single = { kind: "string", value: unquote(text.slice("expect string".length).trim()) };
    return "more";
  }
  if (/^expect([ \t]|$)/.test(text)) {
    readExpect(text, draft);
    return "more";
  }
  const number = numberOf(text);
  if (number !== null) {
    draft.single = { kind: "scalar", value: number };
    return "last";
  }
  const parsed = parseSeriesLine(text);
  if (parsed.values.length > 1 && draft.time.kind === "instant" && draft.rangeVector === null)
    throw new SyntaxError("an instant query gives one value a series, unless expect range vector is there");
  if (parsed.values.length === 0 && draft.time.kind === "instant" && draft.rangeVector === null)
    throw new SyntaxError("an expected series needs its value");
  draft.series.delete(parsed.labels.key);
  draft.series.set(parsed.labels.key, parsed);
  return "more";
}

function readExpect(text: string, draft: Draft): void {
  const match = EXPECT.exec(text);
  if (match === null)
    throw new SyntaxError(
      "invalid expect line: expect ordered, fail, warn, no_warn, info or no_info, then msg: or regex: where it is fit",
    );
  const [, what, how, rest] = match;
  const expectation = textExpectation(how, rest);
  switch (what) {
    case "ordered":
      if (draft.time.kind === "range") throw new SyntaxError("expect ordered is for eval instant alone");
      draft.isOrdered = true;
      break;
    case "fail":
      if (draft.mustFail && draft.mode !== "fail")
        throw new SyntaxError("more than one expect fail line is not allowed");
      draft.mustFail = true;
      draft.fail.push(expectation);
      break;
    case "warn":
      draft.warn.push(expectation);
      break;
    case "info":
      draft.info.push(expectation);
      break;
    case "no_warn":
      draft.noWarn = true;
      break;
    default:
      draft.noInfo = true;
  }
}

function textExpectation(how: string | undefined, rest: string | undefined): TextExpectation {
  const text = (rest ?? "").trim();
  if (how === undefined || text === "") return { kind: "any" };
  if (how === "msg") return { kind: "msg", text };
  try {
    return { kind: "regex", text, pattern: RE2JS.compile(text) };
  } catch {
    throw new SyntaxError(`invalid regular expression ${text}`);
  }
}

function stepsOf(from = "", to = "", step = ""): Steps {
  const startAt = parseScriptDuration(from.trim());
  const endAt = parseScriptDuration(to.trim());
  const stepMs = parseScriptDuration(step.trim());
  if (endAt < startAt) throw new RangeError(`the end ${to} is before the start ${from}`);
  if (stepMs === 0) throw new RangeError("the step must be more than 0");
  return { startAt, endAt, stepMs };
}

const INTEGER = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|\d[\d_]*)$/;

/** A number as Go reads it: also hex, binary, octal, and the names of infinity. Null for anything else. */
function numberOf(text: string): number | null {
  const integer = INTEGER.exec(text);
  if (integer !== null) {
    const digits = (integer[2] ?? "").replaceAll("_", "").replace(/^0(?=[0-7]+$)/, "0o");
    return Number(digits) * (integer[1] === "-" ? -1 : 1);
  }
  if (/^[+-]?inf(inity)?$/i.test(text))
    return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
}
