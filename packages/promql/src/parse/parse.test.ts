import { parser as lezerParser } from "@prometheus-io/lezer-promql";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { QueryError } from "../query-error.ts";
import { expressionText } from "../test-support/expression-text.ts";
import type { Expr } from "./ast.ts";
import { astJson } from "./ast-json.ts";
import { format, prettify } from "./format.ts";
import { parse, parseSelector } from "./parse.ts";

function messageOf(query: string): string {
  try {
    parse(query);
  } catch (error) {
    if (error instanceof QueryError) {
      expect(error.kind).toBe("bad_data");
      return error.message;
    }
    throw error;
  }
  return "parsed";
}

/** The tree without the places, to compare two texts. */
function shape(expr: Expr): unknown {
  return JSON.parse(
    JSON.stringify(expr, (key, value: unknown) => {
      if (key === "span") return undefined;
      if (typeof value === "number" && !Number.isFinite(value)) return String(value);
      return Object.is(value, -0) ? "-0" : value;
    }),
  );
}

describe("a query that is none is refused with the place of the fault", () => {
  test.each([
    ["", "1:1: parse error: no expression found in input"],
    ["# comment", "1:1: parse error: no expression found in input"],
    ["up{", "1:4: parse error: unexpected end of input inside braces"],
    ["up +", "1:5: parse error: unexpected end of input"],
    ["(1 + 1", "1:7: parse error: unclosed left parenthesis"],
    ["1)", "1:3: parse error: unexpected right parenthesis ')'"],
    ["foo]", "1:4: parse error: unexpected right bracket ']'"],
    ["foo[5m", "1:7: parse error: unclosed left bracket"],
    ["foo[", "1:5: parse error: unexpected end of input in duration expression"],
    [
      "foo[]",
      '1:5: parse error: unexpected "]" in subquery or range selector, expected number, duration, step(), or range()',
    ],
    ["foo[x]", "1:5: parse error: unexpected character in duration expression: 'x'"],
    ["foo[5m x]", "1:8: parse error: unexpected character: 'x', expected ':'"],
    ["foo[0]", "1:5: parse error: duration must be greater than 0"],
    ["foo[5m:0s]", "1:8: parse error: duration must be greater than 0"],
    ["foo[5m][5m]", "1:8: parse error: ranges only allowed for vector selectors"],
    ["foo offset 5m [5m]", "1:15: parse error: no offset modifiers allowed before range"],
    ["foo @ 5 [5m]", "1:9: parse error: no @ modifiers allowed before range"],
    [
      "foo offset",
      "1:11: parse error: unexpected end of input in offset, expected number, duration, step(), or range()",
    ],
    ["foo offset 5m offset 5m", "1:1: parse error: offset may not be set multiple times"],
    ["foo @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"],
    ["foo @", "1:6: parse error: unexpected end of input in @, expected timestamp"],
    ["foo @ NaN", "1:1: parse error: timestamp out of bounds for @ modifier: NaN"],
    ["foo @ start", "1:12: parse error: unexpected end of input in @, expected timestamp"],
    [
      "1 offset 5m",
      "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
    ],
    ["foo{a=b}", '1:7: parse error: unexpected identifier "b" in label matching, expected string'],
    ['foo{a="b" c}', '1:11: parse error: unexpected identifier "c" in label matching, expected "," or "}"'],
    ["foo{1}", "1:5: parse error: unexpected character inside braces: '1'"],
    ["foo{a}", '1:6: parse error: unexpected "}" in label matching, expected label matching operator'],
    ['foo{,a="b"}', '1:5: parse error: unexpected "," in label matching, expected identifier or "}"'],
    ['foo{a!"b"}', "1:6: parse error: unexpected character after '!' inside braces: '\"'"],
    ['foo{a=~"("}', "1:5: parse error: error parsing regexp: missing closing ): `^(?s:()$`"],
    ['foo{__name__="bar"}', '1:1: parse error: metric name must not be set twice: "foo" or "bar"'],
    ["{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"],
    ['{a=~".*",b=""}', "1:1: parse error: vector selector must contain at least one non-empty matcher"],
    ["sum by a (x)", '1:8: parse error: unexpected identifier "a" in grouping opts, expected "("'],
    [
      "sum by (a b) (x)",
      '1:11: parse error: unexpected identifier "b" in grouping opts, expected "," or ")"',
    ],
    ["sum by (+) (x)", "1:9: parse error: unexpected <op:+> in grouping opts, expected label"],
    ["sum(x) by", '1:10: parse error: unexpected end of input in grouping opts, expected "("'],
    ["sum by (a) x", '1:12: parse error: unexpected identifier "x" in aggregation'],
    ["sum()", "1:1: parse error: no arguments for aggregate expression provided"],
    [
      "topk(x)",
      "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1",
    ],
    ["topk(x, x)", "1:6: parse error: expected type scalar in aggregation parameter, got instant vector"],
    ["count_values(1, x)", "1:14: parse error: expected type string in aggregation parameter, got scalar"],
    ["sum(1)", "1:5: parse error: expected type instant vector in aggregation expression, got scalar"],
    ["sum(x,)", "1:6: parse error: trailing commas not allowed in function call args"],
    ["floor(x, y)", '1:1: parse error: expected 1 argument(s) in call to "floor", got 2'],
    ["round(x, 1, 2)", '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3'],
    [
      "label_join(x, 'a')",
      '1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 2',
    ],
    [
      "rate(x)",
      '1:6: parse error: expected type range vector in call to function "rate", got instant vector',
    ],
    ["abs(1)", '1:5: parse error: expected type instant vector in call to function "abs", got scalar'],
    ["Rate(x[5m])", '1:1: parse error: unknown function with name "Rate"'],
    ["holt_winters(x[5m], 0.5, 0.5)", '1:1: parse error: unknown function with name "holt_winters"'],
    ["1 == 2", "1:3: parse error: comparisons between scalars must use BOOL modifier"],
    ["x + bool y", "1:3: parse error: bool modifier can only be used on comparison operators"],
    ["1 and x", '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
    ["x and on (a) group_left y", '1:1: parse error: no grouping allowed for "and" operation'],
    [
      "x * on (a) group_left (a) y",
      '1:3: parse error: label "a" must not occur in ON and GROUP clause at once',
    ],
    ["x + on (a) 1", "1:1: parse error: vector matching only allowed between instant vectors"],
    ["x + fill (0) 1", "1:1: parse error: filling in missing series only allowed between instant vectors"],
    ["x or fill (0) y", "1:1: parse error: filling in missing series not allowed for set operators"],
    ["'a' + 1", "1:1: parse error: binary expression must contain only scalar and instant vector types"],
    [
      "-'a'",
      '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string"',
    ],
    ["x[5m:1m] + 1", "1:1: parse error: binary expression must contain only scalar and instant vector types"],
    ["(1)[5m:1m]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"],
    ["5x", '1:1: parse error: bad number or duration syntax: "5x"'],
    ["1..5", '1:1: parse error: bad number or duration syntax: "1.."'],
    ["5m1h", '1:1: parse error: not a valid duration string: "5m1h"'],
    ['"a', "1:1: parse error: unterminated quoted string"],
    ["`a", "1:1: parse error: unterminated raw string"],
    ['"\\q"', "1:1: parse error: unknown escape sequence U+0071 'q'"],
    ["a =~ b", "1:3: parse error: unexpected character after '=': '~'"],
    ["a ! b", "1:3: parse error: unexpected character after '!': ' '"],
    ["a $ b", "1:3: parse error: unexpected character: '$'"],
    ["a b", '1:3: parse error: unexpected identifier "b"'],
    ["a\n  b", '2:3: parse error: unexpected identifier "b"'],
    ["'äö' b", '1:8: parse error: unexpected identifier "b"'],
    ["x anchored smoothed", "1:1: parse error: anchored and smoothed modifiers cannot be used together"],
    ["x[5m:1m] anchored", "1:1: parse error: anchored modifier is not supported for subqueries"],
  ])("%j: %s", (query, message) => {
    expect(messageOf(query)).toBe(message);
  });

  test.each([
    ["parentheses", "(".repeat(100_000)],
    ["signs", "-".repeat(100_000)],
    ["a chain", `${"a + ".repeat(100_000)}a`],
    ["powers", `${"2 ^ ".repeat(100_000)}2`],
    ["subqueries", `a${"[1m:]".repeat(100_000)}`],
    ["durations in parentheses", `a[${"(".repeat(100_000)}`],
    ["a chain of durations", `a[${"1m + ".repeat(100_000)}1m]`],
    ["signs of a duration", `a offset ${"-".repeat(100_000)}1m`],
  ])("%s without end", (_, query) => {
    expect(messageOf(query)).toMatch(/nested deeper than 500 levels|unexpected <op:->/);
  });

  test("experimental functions are refused where they are off", () => {
    expect(() => parse("mad_over_time(x[5m])", { experimental: false })).toThrow(
      '1:1: parse error: function "mad_over_time" is not enabled',
    );
    expect(() => parse("limitk(1, x)", { experimental: false })).toThrow("limitk() is experimental");
  });
});

describe("a parsed query", () => {
  test.each([
    ["-2^2", "-2 ^ 2"],
    ["SUM(x) BY (a)", "sum by (a) (x)"],
    ["sum without () (x)", "sum without () (x)"],
    ["topk by (a) (5, x)", "topk by (a) (5, x)"],
    ["x[600]", "x[10m]"],
    ["x offset 50 @ 1m40s", "x @ 100.000 offset 50s"],
    ["x @ start() offset -1w", "x @ start() offset -1w"],
    ["rate(x{a!='b', c=~`d`}[5m:30s])", 'rate(x{a!="b",c=~"d"}[5m:30s])'],
    ['{"a.b", "c.d"="e"}', '{__name__="a.b","c.d"="e"}'],
    ["a AND ON (b) c", "a and on (b) c"],
    ["a > bool ignoring (b) group_right c", "a > bool ignoring (b) group_right () c"],
    ["a + fill_right (2) fill_left (1) b", "a + fill_left (1) fill_right (2) b"],
    ["a * fill(-1) b", "a * fill (-1) b"],
    ["x[step() * 2 : (1m + 5)]", "x[step() * 2:(1m + 5)]"],
    ["x[MIN_OF(1m, 30)] anchored", "x[min_of(1m, 30)] anchored"],
    ["0x1f + 1_000 + 0755 + 2.", "31 + 1000 + 493 + 2"],
    ["Inf + nan", "+Inf + NaN"],
    ["5m + 1", "5m + 1"],
    ["- - -1", "-1"],
    ["sum", "sum"],
    ["by + on", "parsed"],
  ])("%s prints as %s", (query, text) => {
    if (text === "parsed") expect(messageOf(query)).not.toBe("parsed");
    else expect(format(parse(query))).toBe(text);
  });

  test("prints to a text that means the same", () => {
    fc.assert(
      fc.property(expressionText, (text) => {
        const tree = parse(text);
        expect(shape(parse(format(tree)))).toEqual(shape(tree));
        expect(shape(parse(prettify(tree)))).toEqual(shape(tree));
      }),
      { numRuns: 300 },
    );
  });

  test("is one for Prometheus's own grammar too", () => {
    fc.assert(
      fc.property(expressionText, (text) => {
        let faults = 0;
        lezerParser.parse(text).iterate({
          enter: (node) => {
            if (node.type.isError) faults += 1;
          },
        });
        expect(faults).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test("is broken into lines when it is long", () => {
    const inner = "sum by (job_name) (rate(batch_job_duration_seconds_count{environment='production'}[5m]))";
    expect(prettify(parse(`${inner} / ${inner}`))).toBe(
      [
        '  sum by (job_name) (rate(batch_job_duration_seconds_count{environment="production"}[5m]))',
        "/",
        '  sum by (job_name) (rate(batch_job_duration_seconds_count{environment="production"}[5m]))',
      ].join("\n"),
    );
  });

  test("as JSON has the names of Prometheus's API", () => {
    expect(astJson(parse("sum by (a) (rate(x{b='c'}[5m] offset 1m)) > 1"))).toEqual({
      type: "binaryExpr",
      op: ">",
      bool: false,
      matching: null,
      rhs: { type: "numberLiteral", val: "1" },
      lhs: {
        type: "aggregation",
        op: "sum",
        param: null,
        grouping: ["a"],
        without: false,
        expr: {
          type: "call",
          func: { name: "rate", argTypes: ["matrix"], variadic: 0, returnType: "vector" },
          args: [
            {
              type: "matrixSelector",
              name: "x",
              matchers: [
                { name: "b", value: "c", type: "=" },
                { name: "__name__", value: "x", type: "=" },
              ],
              range: 300_000,
              offset: 60_000,
              timestamp: null,
              startOrEnd: null,
              anchored: false,
              smoothed: false,
            },
          ],
        },
      },
    });
  });

  test("of any text: answers or throws a QueryError, nothing else", () => {
    const piece = fc.constantFrom(
      ..."( ) { } [ ] , : + - * / ^ == > or and by on offset @ start() sum rate x y a=\"b\" 'c' ` 5m 1 0x 1e . # \n bool".split(
        " ",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        messageOf(pieces.join(" "));
        messageOf(pieces.join(""));
      }),
      { numRuns: 2000 },
    );
  });
});

test("a selector for match[] has no modifiers", () => {
  expect(parseSelector("up{job=~'a|b'}")).toEqual([
    { name: "job", op: "=~", value: "a|b" },
    { name: "__name__", op: "=", value: "up" },
  ]);
  expect(parseSelector("{}")).toEqual([]);
  expect(() => parseSelector("up[5m]")).toThrow('1:3: parse error: unexpected "["');
  expect(() => parseSelector("sum(up)")).toThrow("parse error");
});
