import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MatcherError } from "./matcher-text.ts";
import { matchersText, matchesAll, parseMatchers } from "./parse-matchers.ts";

describe("matchers", () => {
  it.each([
    // classic: names are Prometheus's, values need no quotes
    ["foo=bar", 'foo="bar"'],
    [' foo = "bar" ', 'foo="bar"'],
    ["{foo=bar,baz!=qux}", 'foo="bar" baz!="qux"'],
    ["foo=bar,", 'foo="bar"'],
    ["foo=", 'foo=""'],
    ["foo=a b c", 'foo="a b c"'],
    ["foo=a\\xb", 'foo="a\\\\xb"'],
    ['foo="a,b"', 'foo="a,b"'],
    ['foo="say \\"hi\\" \\n \\\\ \\d"', 'foo="say \\"hi\\" \\n \\\\ \\\\d"'],
    ["foo=a=b", 'foo="a=b"'],
    ["foo={bar}", 'foo="{bar"'],
    ['a:b=~"x.*"', 'a:b=~"x.*"'],
    ["", ""],
    ["{}", ""],
    // only the grammar for UTF-8 can read these
    ['"job.name"="x"', 'job.name="x"'],
    ["ärger!~ü+", 'ärger!~"ü+"'],
    ['{"a b"="\\u00fc\\x41\\101", c=d,}', 'a b="üAA" c="d"'],
    // both can; the classic reading counts
    ['foo="\\xf0\\x9f\\x99\\x82"', 'foo="\\\\xf0\\\\x9f\\\\x99\\\\x82"'],
  ])("%s is read as %s", (text, expected) => {
    const read = parseMatchers(text).map(({ name, op, value }) => `${name}${op}${JSON.stringify(value)}`);
    expect(read.join(" ")).toBe(expected);
  });

  it.each([
    ["foo", /is no matcher: "foo"/],
    ["foo==~bar=", null],
    ["=bar", /is no matcher/],
    ['foo="bar', /double quote in a value/],
    ['foo=b"ar', /double quote in a value/],
    ["foo=~(", /no regular expression \(RE2\) after foo=~/],
    ["foo=~(?=x)", /no regular expression/],
    ['"a b"=c=d', /is no matcher/],
    ['"a"="\\xff"', /is no matcher/],
    ['"a"="\\ud800"', /is no matcher/],
    ["föö=bar}", /is no matcher/],
    ["ü=a b", /is no matcher/],
    ["ü=a,,b=c", /is no matcher/],
  ])("%s is refused with the reason, or read all the same", (text, why) => {
    if (why === null) expect(parseMatchers(text)).toHaveLength(1);
    else expect(() => parseMatchers(text)).toThrow(why);
  });

  it("match whole values, a missing label as the empty text, and a dot no newline", () => {
    const matches = (text: string, labels: Record<string, string>) => matchesAll(parseMatchers(text), labels);
    expect(matches("a=~b", { a: "abc" })).toBe(false);
    expect(matches('a=""', {})).toBe(true);
    expect(matches('a!=""', {})).toBe(false);
    expect(matches("a=~.*", {})).toBe(true);
    expect(matches("a=~x.y", { a: "x\ny" })).toBe(false);
    expect(matches("a=~(?s)x.y", { a: "x\ny" })).toBe(true);
    expect(matches("a!~b|c,d=e", { a: "d", d: "e" })).toBe(true);
  });

  it("of any text are read or refused as bad matchers, and shown so that they are read the same again", () => {
    const char = fc.constantFrom(..."ab=~!{},\"'\\ \nü0.*");
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: char, maxLength: 12 }), fc.string()), (text) => {
        try {
          const matchers = parseMatchers(text);
          const again = parseMatchers(matchersText(matchers));
          const plain = (list: typeof matchers) =>
            list.map(({ name, op, value }) => `${name} ${op} ${value}`);
          expect(plain(again).toSorted()).toEqual(plain(matchers).toSorted());
        } catch (error) {
          expect(error).toBeInstanceOf(MatcherError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
