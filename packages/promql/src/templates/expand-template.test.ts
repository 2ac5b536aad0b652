// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to groups, as Go writes them.
// The table is what Prometheus's own promtool printed for the same templates.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { labelsOf } from "../labels.ts";
import { alertTemplateProblem, expandAlertTemplate } from "./expand-template.ts";
import type { TemplateSample } from "./prometheus-functions.ts";

const SAMPLES: Readonly<Record<string, readonly TemplateSample[]>> = {
  v: [
    {
      labels: labelsOf([
        ["__name__", "v"],
        ["x", "lab"],
      ]),
      value: 7.5,
    },
  ],
  w: [
    {
      labels: labelsOf([
        ["__name__", "w"],
        ["n", "b"],
      ]),
      value: 2,
    },
    {
      labels: labelsOf([
        ["__name__", "w"],
        ["n", "a"],
      ]),
      value: 1,
    },
  ],
  none: [],
};

function expand(text: string, value = 3661): string {
  const labels = labelsOf([
    ["__name__", "up"],
    ["x", "lab"],
    ["job", "etl"],
  ]);
  return expandAlertTemplate(
    "A",
    text,
    { labels, externalLabels: { region: "eu" }, value },
    {
      at: 1_700_000_000_500,
      externalUrl: "http://host.example:9090/prom",
      query: (query) => {
        const found = SAMPLES[query];
        if (found === undefined) throw new Error(`unknown query ${query}`);
        return found;
      },
    },
  );
}

describe("numbers are shown as Go shows them", () => {
  test.each([
    [0, "0", "0", "0", "0s", "0%", "1970-01-01 00:00:00 +0000 UTC"],
    [1, "1", "1", "1", "1s", "100%", "1970-01-01 00:00:01 +0000 UTC"],
    [-1, "-1", "-1", "-1", "-1s", "-100%", "1969-12-31 23:59:59 +0000 UTC"],
    [0.001234, "0.001234", "1.234m", "0.001234", "1.234ms", "0.1234%", "1970-01-01 00:00:00.001 +0000 UTC"],
    [0.12345, "0.12345", "123.5m", "0.1235", "123.5ms", "12.35%", "1970-01-01 00:00:00.123 +0000 UTC"],
    [59.5, "59.5", "59.5", "59.5", "59.5s", "5950%", "1970-01-01 00:00:59.5 +0000 UTC"],
    [3661, "3661", "3.661k", "3.575ki", "1h 1m 1s", "3.661e+05%", "1970-01-01 01:01:01 +0000 UTC"],
    [
      1234567.891,
      "1.234567891e+06",
      "1.235M",
      "1.177Mi",
      "14d 6h 56m 7s",
      "1.235e+08%",
      "1970-01-15 06:56:07.891 +0000 UTC",
    ],
    [
      1048576,
      "1.048576e+06",
      "1.049M",
      "1Mi",
      "12d 3h 16m 16s",
      "1.049e+08%",
      "1970-01-13 03:16:16 +0000 UTC",
    ],
    [
      1700000000,
      "1.7e+09",
      "1.7G",
      "1.583Gi",
      "19675d 22h 13m 20s",
      "1.7e+11%",
      "2023-11-14 22:13:20 +0000 UTC",
    ],
    [Number.NaN, "NaN", "NaN", "NaN", "NaN", "NaN%", "NaN"],
    [Number.POSITIVE_INFINITY, "+Inf", "+Inf", "+Inf", "+Inf", "+Inf%", "+Inf"],
    [Number.NEGATIVE_INFINITY, "-Inf", "-Inf", "-Inf", "-Inf", "-Inf%", "-Inf"],
  ])("%d", (value, ...expected) => {
    const functions = [
      "",
      "humanize",
      "humanize1024",
      "humanizeDuration",
      "humanizePercentage",
      "humanizeTimestamp",
    ];
    const shown = functions.map((name) => expand(`{{ $value ${name === "" ? "" : `| ${name}`} }}`, value));
    expect(shown).toEqual(expected);
  });

  test("a time too far away is an error", () => {
    expect(expand("{{ $value | humanizeDuration }}", 1e15)).toBe("11574074074d 1h 46m 40s");
    expect(expand("{{ $value | humanizeTimestamp }}", 1e15)).toContain(
      "error calling humanizeTimestamp: 1e+15 cannot be represented as a nanoseconds timestamp since it overflows int64",
    );
  });
});

test.each([
  ['{{ printf "%.2f" $value }}', "3661.00"],
  ['{{ printf "%d" $value }}', "%!d(float64=3661)"],
  ['{{ title "hello wORLD of-jobs" }}', "Hello WORLD Of-Jobs"],
  ['{{ "aB" | toUpper }}', "AB"],
  ['{{ match "a.c" "xxabcxx" }}', "true"],
  ['{{ reReplaceAll "a" "${0}x" "banana" }}', "baxnaxnax"],
  ['{{ reReplaceAll "(.*)-(.*)" "$2_$1" "job-a" }}', "job"],
  ['{{ reReplaceAll "(.*)-(.*)" "${2}_${1}" "job-a" }}', "a_job"],
  ['{{ reReplaceAll "a*" "x" "baaac" }}', "xbxcx"],
  ['{{ reReplaceAll "(?P<first>j)" "<$first>" "job" }}', "<j>ob"],
  ['{{ query "v" | first | value }}', "7.5"],
  ['{{ query "v" | first | label "x" }}', "lab"],
  ['{{ range query "w" | sortByLabel "n" }}{{ .Labels.n }}={{ .Value }};{{ end }}', "a=1;b=2;"],
  ['{{ range query "none" }}x{{ else }}empty{{ end }}', "empty"],
  ['{{ (query "v" | first).Value }}', "7.5"],
  ['{{ (index (query "w") 1).Labels.n }}', "a"],
  ["{{ if gt $value 5.0 }}big{{ end }}", "big"],
  ["{{ if lt $value 5.0 }}small{{ else if lt $value 5000.0 }}middle{{ else }}big{{ end }}", "middle"],
  ["{{ with $labels.missing }}has{{ else }}none{{ end }}", "none"],
  ["{{ with $labels.missing }}has{{ else with $labels.x }}{{ . }}{{ end }}", "lab"],
  ["[{{ $labels.missing }}]", "[]"],
  ['{{ with args 1 "b" }}{{ .arg0 }}-{{ .arg1 }}{{ .arg2 }}{{ end }}', "1-b<no value>"],
  ['{{ define "t" }}<{{ . }}>{{ end }}{{ template "t" $labels.x }}', "<lab>"],
  ['{{ block "b" $labels.x }}[{{ . }}]{{ end }}', "[lab]"],
  ['{{ stripPort "host.example:9100" }}', "host.example"],
  ['{{ stripDomain "host.example.com:9100" }}', "host:9100"],
  ['{{ stripDomain "10.0.0.1:80" }}', "10.0.0.1:80"],
  ['{{ parseDuration "1h30m" }}', "5400"],
  ['{{ humanizeDuration "90061" }}', "1d 1h 1m 1s"],
  ["{{ humanizeDuration 0.5 }}", "500ms"],
  ['{{ graphLink "up == 1" }}', "/graph?g0.expr=up+%3D%3D+1&g0.tab=0"],
  ['{{ tableLink "up" }}', "/graph?g0.expr=up&g0.tab=1"],
  ['{{ html "<a>" }}', "&lt;a&gt;"],
  ['{{ urlquery "a b&c" }}', "a+b%26c"],
  ['{{ print 1 2 "a" }}', "1 2a"],
  ['{{ len (query "w") }}', "2"],
  ["{{ $labels.x }}/{{ .Labels.job }}/{{ $externalLabels.region }}/{{ .Value }}", "lab/etl/eu/3661"],
  [
    "{{ $externalURL }} {{ externalURL }} {{ pathPrefix }}",
    "http://host.example:9090/prom http://host.example:9090/prom /prom",
  ],
  ["{{ now }}", "1.7000000005e+09"],
  [
    '{{ (toTime 86400).Year }} {{ toTime 86400 }} {{ (toTime 3661).Format "15:04" }}',
    "1970 1970-01-02 00:00:00 +0000 UTC 01:01",
  ],
  ["{{ toDuration $value }} {{ (toDuration 90.5).Minutes }}", "1h1m1s 1.5083333333333333"],
  ["a {{- 1 -}} b", "a1b"],
  ["a {{/* nothing */}} b{{- /* nor here */ -}}  c", "a  bc"],
  ["{{ $x := 1 }}{{ $x = 2 }}{{ $x }}", "2"],
  ["{{ $x := 1 }}{{ if true }}{{ $x := 5 }}{{ end }}{{ $x }}", "1"],
  ['{{ range $i, $e := query "w" }}{{ $i }}{{ $e.Labels.n }}{{ end }}', "0b1a"],
  ["{{ range $k, $v := .Labels }}{{ $k }}={{ $v }} {{ end }}", "__name__=up job=etl x=lab "],
  ["{{ range 3 }}{{ . }}{{ end }}", "012"],
  [
    "{{ range 5 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ if eq . 3 }}{{ break }}{{ end }}{{ . }}{{ end }}",
    "02",
  ],
  ['{{ and 1 0 "x" }} {{ or 0 "" "y" }} {{ not 0 }}', "0 y true"],
  [
    '{{ eq $labels.x "a" "lab" }} {{ ne 1 2 }} {{ le 2 2 }} {{ ge 1 2 }} {{ lt "a" "b" }}',
    "true true true false true",
  ],
  ['{{ index $labels "x" }}{{ slice "abcdef" 1 3 }}', "labbc"],
  ["{{ $labels }}", "map[__name__:up job:etl x:lab]"],
  [
    '{{ printf "%v|%5s|%-5s|%q|%05d|%+d|%x|%t|%%|%T" 1.5 "ab" "ab" "a" 42 7 255 true 1.5 }}',
    '1.5|   ab|ab   |"a"|00042|+7|ff|true|%|float64',
  ],
  [
    '{{ printf "%e %g %G %.3g" 123456.789 123456.789 1e-7 0.00012345 }}',
    "1.234568e+05 123456.789 1E-07 0.000123",
  ],
  [
    '{{ printf "%s" }} {{ printf "%d" 1 2 }} {{ printf "%z" "a" }} {{ printf "%" }}',
    "%!s(MISSING) 1%!(EXTRA int=2) %!z(string=a) %!(NOVERB)",
  ],
  ['{{ printf "%[2]s %[1]s" "a" "b" }} {{ printf "%*d" 4 7 }}', "b a    7"],
  ['{{ printf "%.0f %.0f %.1f" 0.5 1.5 0.25 }}', "0 2 0.2"],
  ["{{ `raw \\n` }}", "raw \\n"],
  ["{{ 'a' }} {{ 0x10 }} {{ 1e3 }} {{ 1_000 }}", "97 16 1000 1000"],
  ['{{ js "it\'s <b>" }}', "it\\'s \\u003Cb\\u003E"],
  ['{{ safeHtml "<b>" }}{{ urlQueryEscape "a b" }}', "<b>a+b"],
  ["plain { text } }}", "plain { text } }}"],
  ['{{ printf "%E %e" 1e-7 9.9999999 }}', "1.000000E-07 1.000000e+01"],
  ['{{ define "t" }}<{{ . }}>{{ end }}{{ template "t" }}', "<<no value>>"],
  ['{{ title "o\'neil c_d éa" }}', "O'Neil C_d Éa"],
  ["{{ 0x1p4 }} {{ 0b11 }} {{ 017 }}", "16 3 15"],
  ['{{ with printf "%s" "w" | query }}{{ . | first | value }}{{ end }}', "2"],
])("%s gives %s", (text, expected) => {
  expect(expand(text)).toBe(expected);
});

describe("what goes wrong while it is expanded becomes the text", () => {
  const preamble =
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}";

  test.each([
    [
      '{{ query "none" | first | value }}',
      "first",
      "error calling first: first() called on vector with no elements",
    ],
    ["{{ if gt $value 5 }}x{{ end }}", "gt $value 5", "error calling gt: incompatible types for comparison"],
    [
      "{{ $labels.x | humanize }}",
      "humanize",
      'error calling humanize: strconv.ParseFloat: parsing "lab": invalid syntax',
    ],
    [
      "{{ .Nothing }}",
      ".Nothing",
      "can't evaluate field Nothing in type struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }",
    ],
    ["{{ toUpper $value }}", "$value", "wrong type for value; expected string; got float64"],
    ['{{ query "bad" }}', 'query "bad"', "error calling query: unknown query bad"],
    [
      '{{ reReplaceAll "(" "" "a" }}',
      'reReplaceAll "(" "" "a"',
      "error calling reReplaceAll: regexp: Compile(`(`): error parsing regexp: missing closing ): `(`",
    ],
    ["{{ range $value }}{{ end }}", "$value", "range can't iterate over 3661"],
    ["{{ nil }}", "nil", "nil is not a command"],
    ["{{ toUpper 5 }}", "5", "expected string; found 5"],
    ["{{ first 5 }}", "5", "can't handle 5 for arg of type template.queryResult"],
    ['{{ label "x" }}', "label", "wrong number of args for label: want 2 got 1"],
    ["{{ $labels.job 5 }}", "$labels.job", "job is not a method but has arguments"],
    ['{{ (query "v" | first).Nope }}', "first", "can't evaluate field Nope in type *template.sample"],
    ["{{ $labels.a.b }}", "$labels.a.b", "can't evaluate field b in type string"],
    ['{{ template "nope" }}', '{{template "nope"}}', 'template "nope" not defined'],
    ['{{ index (query "w") 5 }}', 'index (query "w") 5', "error calling index: index out of range: 5"],
  ])("%s", (text, context, message) => {
    const shown = expand(text);
    expect(shown).toMatch(
      /^<error expanding template: error executing template __alert_A: template: __alert_A:1:\d+: executing "__alert_A" at </,
    );
    expect(shown).toContain(` at <${context}>: ${message}>`);
  });

  test("with the place, which counts what Prometheus puts in front", () => {
    expect(expand("ab {{ .Nothing }}")).toContain(`__alert_A:1:${preamble.length + 6}: `);
    expect(expand("ab\n{{ .Nothing }}")).toContain("__alert_A:2:3: ");
  });
});

test.each([
  ["{{ nothing }}", 'function "nothing" not defined'],
  ["{{ $x }}", 'undefined variable "$x"'],
  ["{{ if true }}", "unexpected EOF"],
  ["{{ end }}", "unexpected {{end}}"],
  ["{{ .a", "unclosed action"],
  ["{{ }}", "missing value for command"],
  ["{{ if }}x{{ end }}", "missing value for if"],
  ["{{ break }}", "{{break}} outside {{range}}"],
  ['{{ "abc }}', "unterminated quoted string"],
  ["{{/* never closed }}", "unclosed comment"],
  ["{{ (1 }}", "unclosed left paren"],
  ["{{ 1 ) }}", 'unexpected ")" in command'],
  ["{{ /* late */ }}", 'unexpected "/" in command'],
  ["{{ 99999999999999999999 }}", 'integer overflow: "99999999999999999999"'],
  ['{{ "a".b }}', 'unexpected . after term "\\"a\\""'],
  ["{{ 1 | 2 }}", "non executable command in pipeline stage 2"],
  ["{{ humanize(1) }}", 'unexpected "(" in operand'],
  ["{{ template 5 }}", 'unexpected "5" in template clause'],
  ["{{ $labels.a $value := 1 }}", 'unexpected ":=" in command'],
])("%s is refused when the rule is loaded", (text, message) => {
  expect(alertTemplateProblem("A", text)).toBe(
    `error parsing template __alert_A: template: __alert_A:1: ${message}`,
  );
});

describe("a template ends", () => {
  test.each([
    ["after a number of steps", "{{ range 1000000 }}x{{ end }}", "takes more than"],
    [
      "after a number of steps without text",
      "{{ range 100000 }}{{ range 100000 }}{{ end }}{{ end }}",
      "takes more than",
    ],
    [
      "when it calls itself",
      '{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}',
      "exceeded maximum template depth",
    ],
    ["when its text is too long", `{{ range 60000 }}${"x".repeat(50)}{{ end }}`, "is longer than"],
    [
      "when its blocks are too deep",
      `${"{{ if true }}".repeat(5000)}${"{{ end }}".repeat(5000)}`,
      "nested too deeply",
    ],
    [
      "when its parentheses are too deep",
      `{{ ${"(".repeat(5000)}1${")".repeat(5000)} }}`,
      "nested too deeply",
    ],
    [
      "when its columns are too wide",
      '{{ range 100 }}{{ printf "%999999999d" 1 }}{{ end }}',
      "is longer than",
    ],
  ])("%s", (_, text, message) => {
    expect(expand(text)).toContain(message);
  });
});

test("any text either expands or says what is wrong", () => {
  const piece = fc.constantFrom(
    "{{",
    "}}",
    "{{-",
    "-}}",
    " ",
    "$value",
    ".Labels",
    ".",
    "|",
    "if",
    "end",
    "else",
    "range",
    "with",
    "define",
    '"t"',
    "(",
    ")",
    "printf",
    "5",
    ":=",
    "=",
    "$x",
    ",",
    "/*",
    "*/",
    "a",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      expect(typeof expand(pieces.join(" "))).toBe("string");
      expect(typeof expand(pieces.join(""))).toBe("string");
    }),
    { numRuns: 2_000 },
  );
});
