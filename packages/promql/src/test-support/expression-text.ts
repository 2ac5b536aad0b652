/** Texts of valid expressions for property tests: every construct, nested at random. */
import fc from "fast-check";

const name = fc.constantFrom("up", "requests_total", "lat_bucket", "sum", "x:y");
const label = fc.constantFrom("job", "le", "group_left", "a");
const duration = fc.constantFrom("5m", "1h30m", "90", "1d", "30s", "2w");
const number = fc.constantFrom(
  "0",
  "1",
  "2.5",
  "1e3",
  "0x10",
  "NaN",
  "Inf",
  ".5",
  "5m",
  "1e-7",
  "12345678901234567890",
);

const matcher = fc
  .tuple(label, fc.constantFrom("=", "!=", "=~", "!~"), fc.constantFrom('"x"', "'a.+'", '"\\u00e9\\n"', "``"))
  .map((parts) => parts.join(""));

const selector = fc.oneof(
  name,
  fc
    .tuple(name, fc.array(matcher, { maxLength: 3 }))
    .map(([text, matchers]) => `${text}{${matchers.join(",")}}`),
  fc.constant('{"dotted.name", "dotted.label"="v"}'),
);

const modifiers = fc
  .tuple(
    fc.constantFrom("", "", " offset 5m", " offset -90", " offset (1h / 2)", " offset step()"),
    fc.constantFrom("", "", " @ 100", " @ start()", " @ end()", " @ -1.5"),
    fc.boolean(),
  )
  .map(([offset, at, swapped]) => (swapped ? at + offset : offset + at));

const labels = fc.array(label, { maxLength: 2 }).map((names) => `(${names.join(", ")})`);

/** How deep expressions may nest before only leaves are taken. */
const MOST_DEPTH = 3;

const { vector, scalar } = fc.letrec<{ vector: string; scalar: string; range: string }>((tie) => ({
  scalar: fc.oneof(
    { depthSize: "small", maxDepth: MOST_DEPTH },
    number,
    fc.constantFrom("time()", "pi()", "-1", "- 2"),
    fc
      .tuple(tie("scalar"), fc.constantFrom("+", "-", "*", "/", "%", "^", "atan2", "== bool"), tie("scalar"))
      .map((parts) => parts.join(" ")),
    tie("scalar").map((text) => `(${text})`),
    tie("scalar").map((text) => `-${text}`),
    tie("vector").map((text) => `scalar(${text})`),
  ),
  range: fc.oneof(
    { depthSize: "small", maxDepth: MOST_DEPTH },
    fc.tuple(selector, duration, modifiers).map(([text, range, after]) => `${text}[${range}]${after}`),
    fc.tuple(selector, duration).map(([text, range]) => `${text}[${range} * 2 + step()]`),
    fc
      .tuple(tie("vector"), duration, fc.constantFrom("", "1m"), modifiers)
      .map(([text, range, step, after]) => `(${text})[${range}:${step}]${after}`),
  ),
  vector: fc.oneof(
    { depthSize: "small", maxDepth: MOST_DEPTH },
    fc.tuple(selector, modifiers).map((parts) => parts.join("")),
    tie("vector").map((text) => `(${text})`),
    tie("vector").map((text) => `-${text}`),
    tie("vector").map((text) => `abs(${text})`),
    tie("range").map((text) => `rate(${text})`),
    fc.tuple(tie("scalar"), tie("range")).map((args) => `quantile_over_time(${args.join(", ")})`),
    fc.tuple(tie("scalar"), tie("vector")).map((args) => `histogram_quantile(${args.join(", ")})`),
    tie("vector").map((text) => `label_replace(${text}, "a", "$1", "job", "(.*)")`),
    fc
      .tuple(
        fc.constantFrom("sum", "AVG", "count", "group"),
        fc.constantFrom(" by ", " without "),
        labels,
        tie("vector"),
      )
      .map(([op, clause, names, text]) => `${op}${clause}${names} (${text})`),
    fc
      .tuple(fc.constantFrom("topk", "quantile"), tie("scalar"), tie("vector"))
      .map(([op, k, text]) => `${op}(${k}, ${text})`),
    fc
      .tuple(tie("vector"), fc.constantFrom("+", "*", "^", ">", "!=", "== bool"), tie("scalar"))
      .map((parts) => parts.join(" ")),
    fc
      .tuple(
        tie("vector"),
        fc.constantFrom("-", "/", "<= bool", "==", "and", "or", "unless"),
        fc.constantFrom("", "on", "ignoring"),
        labels,
        tie("vector"),
      )
      .map(
        ([left, op, clause, names, right]) =>
          `(${left}) ${op} ${clause === "" ? "" : clause + names} (${right})`,
      ),
    fc
      .tuple(tie("vector"), fc.constantFrom("group_left", "group_right"), tie("vector"))
      .map(([left, side, right]) => `(${left}) * on (job) ${side} (a) (${right})`),
  ),
}));

/** An expression of type scalar or instant vector. */
export const expressionText: fc.Arbitrary<string> = fc.oneof(vector, scalar);
