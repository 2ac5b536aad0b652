import { describe, expect, it } from "vitest";
import { fillQuery } from "./fill-query.ts";

const fill = (query: string, ...jobs: string[]) =>
  fillQuery(query, { jobs, rangeMs: 21_600_000, stepMs: 60_000 });

describe("a panel's query", () => {
  it.each([
    ["all jobs", [], 'up{job_name=~".*"}'],
    ["one", ["daily_etl"], 'up{job_name=~"daily_etl"}'],
    ["several", ["a", "b"], 'up{job_name=~"a|b"}'],
    ["one with signs of its own", ["a.b(1)"], String.raw`up{job_name=~"a\\.b\\(1\\)"}`],
    ["one with quotes", [`it's "x"`], String.raw`up{job_name=~"it\x27s \x22x\x22"}`],
    ["one with a dollar", ["a$&b"], String.raw`up{job_name=~"a\\$&b"}`],
  ])("takes %s for $job_name", (_what, jobs, expected) => {
    expect(fill('up{job_name=~"$job_name"}', ...jobs)).toBe(expected);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as dashboards write it.
    expect(fill('up{job_name=~"${job_name:regex}"}', ...jobs)).toBe(expected);
  });

  it.each([
    ["up", 'up{job_name=~"x"}'],
    ["up{}", 'up{job_name=~"x"}'],
    ['up{a="1"}', 'up{job_name=~"x", a="1"}'],
    [
      'sum(rate(a[5m])) by (b) / sum(rate(c{d="e"}[5m]))',
      'sum(rate(a{job_name=~"x"}[5m])) by (b) / sum(rate(c{job_name=~"x", d="e"}[5m]))',
    ],
    ["# why\nup offset 5m", '# why\nup{job_name=~"x"} offset 5m'],
    ["time() - 5", "time() - 5"],
    ["sum(", "sum("],
  ])("that does not name it is narrowed in each selector: %s", (query, expected) => {
    expect(fill(query, "x")).toBe(expected);
  });

  it("that does not name it stays as it is for all jobs", () => {
    expect(fill('up{a="1"}')).toBe('up{a="1"}');
  });

  it("knows the range, the step and the shortest range for a rate", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as dashboards write it.
    expect(fill("increase(a[$__range]) + rate(b[$__rate_interval]) + rate(c[${__interval}])")).toBe(
      "increase(a[21600s]) + rate(b[75s]) + rate(c[60s])",
    );
    expect(fill("$__unknown")).toBe("$__unknown");
  });
});
