import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PushError } from "./push-error.ts";
import { readText } from "./read-text.ts";

describe("is refused", () => {
  test.for([
    ["a last line without an end", "m 1"],
    ["carriage returns", "m 1\r\n"],
    ["a timestamp", "m 1 1700000000000\n"],
    ["TYPE after a sample", "m 1\n# TYPE m gauge\n"],
    ["TYPE twice", "# TYPE m gauge\n# TYPE m gauge\nm 1\n"],
    ["a second HELP", "# HELP m a\n# HELP m b\nm 1\n"],
    ["an unknown type", "# TYPE m info\nm 1\n"],
    ["a hexadecimal float", "m 0x1p3\n"],
    ["an exemplar", 'm 1 # {trace_id="a"} 1\n'],
    ["an unquoted label value", "m{a=b} 1\n"],
    ["an unknown escape", 'm{a="\\t"} 1\n'],
    ["a blank after the value", "m 1 \n"],
    ["a label name with a dash", 'm{in-st="a"} 1\n'],
    ["a reserved label name", 'm{__x="a"} 1\n'],
    ["a label twice", 'm{a="1",a="2"} 1\n'],
    ["no value", "m\n"],
    ["no name", "1 2\n"],
    ["a label without an end", 'm{a="b 1\n'],
  ] as const)("%s", ([, text]) => {
    expect(() => readText(text)).toThrow(PushError);
  });
});

describe("is taken", () => {
  test.for([
    ["NaN in any case", "m nan\n", "NaN"],
    ["infinity", "m +Inf\n", "Infinity"],
    ["negative infinity", "m -Inf\n", "-Infinity"],
    ["an exponent", "m 1e3\n", "1000"],
    ["no digit before the point", "m .5\n", "0.5"],
    ["tabs", "m\t1\n", "1"],
    ["a trailing comma", 'm{a="b",} 1\n', "1"],
    ["empty braces", "m{} 1\n", "1"],
    ["no blank after the braces", 'm{a="b"}1\n', "1"],
    ["a colon in the name", "a:b 1\n", "1"],
    ["a negative counter", "# TYPE m counter\nm -3\n", "-3"],
    ["comments and blank lines", "# anything\n\nm 1\n# EOF\n", "1"],
  ] as const)("%s", ([, text, value]) => {
    expect(readText(text).flatMap(({ samples }) => samples.map((sample) => sample.value))).toEqual([value]);
  });

  test("families that interleave, and a histogram without +Inf", () => {
    const text = `# TYPE d histogram
d_bucket{le="1"} 2
# TYPE c counter
c 5
d_sum 3
d_count 2
`;
    expect(readText(text).map(({ name, type, samples }) => [name, type, samples.length])).toEqual([
      ["d", "histogram", 3],
      ["c", "counter", 1],
    ]);
  });

  test("escapes in labels and help", () => {
    const [family] = readText('# HELP m a\\nb \\\\\nm{a="x\\"y\\\\z\\n"} 1\n');
    expect([family?.help, family?.samples[0]?.labels]).toEqual(["a\nb \\", { a: 'x"y\\z\n' }]);
  });
});

test("anything is read or refused, and what is read is written and read alike", () => {
  const awkward = fc.constantFrom("a", '"', "\\", "\n", " ", "\t", "{", "}", ",", "=", "#", "é", "\u{1f600}");
  const label = fc.constantFrom("a", "b_1", "instance", "le");
  const sample = fc.record({
    labels: fc.dictionary(label, fc.string({ unit: awkward, maxLength: 20 }), { maxKeys: 3 }),
    value: fc.double(),
  });
  fc.assert(
    fc.property(fc.string({ unit: awkward }), (text) => {
      try {
        readText(text);
      } catch (error) {
        expect(error).toBeInstanceOf(PushError);
      }
    }),
  );
  fc.assert(
    fc.property(sample, ({ labels, value }) => {
      const clean = Object.entries(labels).map(([name, text]) => [name, text.replaceAll("\r", "")] as const);
      const escaped = clean.map(
        ([name, text]) =>
          `${name}="${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`,
      );
      const [family] = readText(`m{${escaped.join(",")}} ${value}\n`);
      expect(family?.samples[0]?.labels).toEqual(Object.fromEntries(clean));
      expect(Number(family?.samples[0]?.value)).toEqual(value === 0 ? Number(String(value)) : value);
    }),
  );
});
