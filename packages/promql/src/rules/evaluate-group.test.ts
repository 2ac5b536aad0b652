// The life of alerts and recorded series, told evaluation by evaluation over series in memory.
import { describe, expect, test } from "vitest";
import { queryInstant } from "../engine.ts";
import { type Labels, labelsOf } from "../labels.ts";
import { MemorySource } from "../test-script/memory-source.ts";
import { parseSeriesLine } from "../test-script/series-line.ts";
import { seriesText } from "../test-script/show-result.ts";
import { evaluateGroup, type GroupEvaluation } from "./evaluate-group.ts";
import { nextEvaluationAt } from "./evaluation-times.ts";
import { carryOverState, type GroupState, newGroupState, openSeries } from "./group-state.ts";
import { parseRuleFile } from "./parse-rule-file.ts";
import { restoreForState } from "./restore-for-state.ts";
import type { RuleGroup } from "./rule-group.ts";

const MINUTE = 60_000;

function groupOf(rules: string, head = ""): RuleGroup {
  const { groups, findings } = parseRuleFile(`groups:\n- name: g\n${head}  rules:\n${rules}`, "f.yaml");
  const [group] = groups;
  if (group === undefined) throw new Error(JSON.stringify(findings));
  return group;
}

function sourceOf(lines: readonly string[]): MemorySource {
  const source = new MemorySource();
  for (const line of lines) {
    const { labels, values } = parseSeriesLine(line);
    for (const [index, value] of values.entries())
      if (value.kind === "float" || value.kind === "stale")
        source.append(labels, index * MINUTE, value.kind === "stale" ? "stale" : value.value);
  }
  return source;
}

/** Evaluates at minutes; the state goes through JSON each time, as over a restart. */
class Play {
  state: GroupState | null = null;
  readonly source: MemorySource;
  group: RuleGroup;

  constructor(group: RuleGroup, lines: readonly string[]) {
    this.group = group;
    this.source = sourceOf(lines);
  }

  async at(minute: number): Promise<GroupEvaluation> {
    const evaluation = await evaluateGroup({
      group: this.group,
      state: this.state,
      at: minute * MINUTE,
      externalLabels: { region: "eu" },
      externalUrl: "http://b.example/",
      query: async (query, at) => queryInstant(this.source, query, at),
      write: ({ samples, staleSeries }) => {
        for (const { labels, at, value } of samples) this.source.append(labels, at, value);
        for (const { labels, at } of staleSeries) this.source.append(labels, at, "stale");
      },
    });
    this.state = JSON.parse(JSON.stringify(evaluation.state)) as GroupState;
    return evaluation;
  }

  async states(from: number, to: number): Promise<string[]> {
    const states: string[] = [];
    for (let minute = from; minute <= to; minute++) {
      const { alerts, errors } = await this.at(minute);
      states.push(
        [...alerts.map(({ state }) => state), ...errors.map(({ message }) => message)].join(",") || "–",
      );
    }
    return states;
  }
}

const texts = (series: readonly { labels: Labels }[]): string[] =>
  series.map(({ labels }) => seriesText(labels)).sort();

describe("an alert", () => {
  test.each([
    ["fires at once without for", "", "1 1 0 0", ["firing", "firing", "inactive", "inactive"]],
    [
      "waits for its time",
      "    for: 2m\n",
      "1 1 1 1 0",
      ["pending", "pending", "firing", "firing", "inactive"],
    ],
    ["is forgotten when it never fired", "    for: 2m\n", "1 1 0 1", ["pending", "pending", "–", "pending"]],
    [
      "starts anew after it resolved",
      "    for: 1m\n",
      "1 1 0 1 1",
      ["pending", "firing", "inactive", "pending", "firing"],
    ],
    [
      "keeps firing for a while",
      "    keep_firing_for: 2m\n",
      "1 0 0 0 1",
      ["firing", "firing", "firing", "inactive", "firing"],
    ],
    [
      "keeps firing anew after each return",
      "    keep_firing_for: 2m\n",
      "1 0 1 0 0 0",
      ["firing", "firing", "firing", "firing", "firing", "inactive"],
    ],
    [
      "keeps no pending alert",
      "    for: 2m\n    keep_firing_for: 5m\n",
      "1 1 0 0",
      ["pending", "pending", "–", "–"],
    ],
  ])("%s", async (_, settings, values, expected) => {
    const play = new Play(groupOf(`  - alert: A\n    expr: x == 1\n${settings}`), [
      `x{job_name="etl"} ${values}`,
    ]);
    expect(await play.states(0, expected.length - 1)).toEqual(expected);
  });

  test("is told by the labels of its result and its rule, and has its texts expanded each time", async () => {
    const play = new Play(
      groupOf(
        `  - alert: Late
    expr: x > 0
    labels: {severity: page, who: "{{ $labels.job_name }}@{{ $externalLabels.region }}", gone: ""}
    annotations: {summary: "{{ $value }} from {{ $externalURL }}", name: "{{ $labels.__name__ }}"}
`,
        "  labels: {team: data, severity: info}\n",
      ),
      ['x{job_name="etl", gone="soon"} 1 2'],
    );
    await play.at(0);
    const { alerts } = await play.at(1);
    expect(alerts).toMatchObject([
      {
        ruleName: "Late",
        ruleIndex: 0,
        labels: { alertname: "Late", job_name: "etl", severity: "page", team: "data", who: "etl@eu" },
        annotations: { summary: "2 from http://b.example/", name: "x" },
        valueText: "2",
        activeAt: 0,
        firedAt: 0,
      },
    ]);
    expect(alerts[0]?.labels).not.toHaveProperty("gone");
  });

  test("may ask queries in its texts, at the time of the evaluation", async () => {
    const play = new Play(
      groupOf(`  - alert: A
    expr: x > 0
    annotations:
      s: '{{ range query "y" | sortByLabel "n" }}{{ .Labels.n }}={{ .Value }} {{ end }}{{ with query "sum(y)" }}{{ . | first | value }}{{ end }}'
      bad: '{{ query "y[" }}'
`),
      ["x 1", 'y{n="b"} 2', 'y{n="a"} 3'],
    );
    const { alerts } = await play.at(0);
    expect(alerts[0]?.annotations.s).toBe("a=3 b=2 5");
    expect(alerts[0]?.annotations.bad).toMatch(
      /^<error expanding template: .*error calling query: 1:3: parse error/,
    );
  });

  test("that falls together with another one fails the evaluation, and all stay as they were", async () => {
    const play = new Play(groupOf("  - alert: A\n    expr: x > 0\n    labels: {n: same}\n"), [
      'x{n="1"} 1 1 0',
      'x{n="2"} 0 1 1',
    ]);
    expect(await play.states(0, 2)).toEqual([
      "firing",
      "firing,vector contains metrics with the same labelset after applying alert labels",
      "firing",
    ]);
  });

  test("above the limit is an error that clears all alerts of the rule", async () => {
    const play = new Play(groupOf("  - alert: A\n    expr: x > 0\n", "  limit: 1\n"), [
      'x{n="1"} 1 1 1',
      'x{n="2"} 0 1 0',
    ]);
    expect(await play.states(0, 2)).toEqual(["firing", "exceeded limit of 1 with 2 alerts", "firing"]);
  });

  test("that resolved is kept for 15 minutes", async () => {
    const play = new Play(groupOf("  - alert: A\n    expr: x > 0\n"), ["x 1 0x40"]);
    const states = await play.states(0, 18);
    expect(states.indexOf("inactive")).toBe(1);
    expect(states.lastIndexOf("inactive")).toBe(16);
    expect(states[17]).toBe("–");
  });

  test("goes back to pending when its time was made longer", async () => {
    const play = new Play(groupOf("  - alert: A\n    expr: x > 0\n    for: 1m\n"), ["x 1x20"]);
    expect(await play.states(0, 2)).toEqual(["pending", "firing", "firing"]);
    play.group = groupOf("  - alert: A\n    expr: x > 0\n    for: 5m\n");
    expect(await play.states(3, 5)).toEqual(["pending", "pending", "firing"]);
  });
});

describe("series of alerts", () => {
  test("are ALERTS and ALERTS_FOR_STATE, and end with a stale marker when the state changes", async () => {
    const play = new Play(groupOf("  - alert: A\n    expr: x > 0\n    for: 1m\n"), ['x{n="1"} 1 1 0']);
    const first = await play.at(0);
    expect(texts(first.samples)).toEqual([
      'ALERTS_FOR_STATE{alertname="A", n="1"}',
      'ALERTS{alertname="A", alertstate="pending", n="1"}',
    ]);
    const second = await play.at(1);
    expect(second.samples.map(({ value }) => value)).toEqual([1, 0]);
    expect(texts(second.staleSeries)).toEqual(['ALERTS{alertname="A", alertstate="pending", n="1"}']);
    const third = await play.at(2);
    expect(third.samples).toEqual([]);
    expect(texts(third.staleSeries)).toEqual([
      'ALERTS_FOR_STATE{alertname="A", n="1"}',
      'ALERTS{alertname="A", alertstate="firing", n="1"}',
    ]);
  });

  test("stay when the query fails, and the failure is kept", async () => {
    const play = new Play(groupOf("  - alert: A\n    expr: x + on () y\n"), [
      "x 1 1 1",
      'y{n="1"} 1 1 1',
      'y{n="2"} _ 1 stale',
    ]);
    await play.at(0);
    const { samples, staleSeries, errors, state, alerts } = await play.at(1);
    expect([samples, staleSeries]).toEqual([[], []]);
    expect(errors).toMatchObject([{ ruleName: "A", message: expect.stringContaining("many-to-many") }]);
    expect(state.rules).toMatchObject([
      { health: "err", lastError: expect.stringContaining("many-to-many") },
    ]);
    expect(alerts).toMatchObject([{ state: "firing" }]);
    expect((await play.at(2)).state.rules).toMatchObject([{ health: "ok", lastError: null }]);
  });
});

describe("a recording rule", () => {
  test("writes its result under its name and labels; a label set to nothing goes", async () => {
    const play = new Play(
      groupOf('  - record: r\n    expr: x\n    labels: {kind: sum, n: ""}\n', "  labels: {team: data}\n"),
      ['x{n="1", job="a"} 5'],
    );
    const { samples } = await play.at(0);
    expect(samples).toEqual([
      {
        labels: labelsOf([
          ["__name__", "r"],
          ["job", "a"],
          ["kind", "sum"],
          ["team", "data"],
        ]),
        at: 0,
        value: 5,
      },
    ]);
  });

  test("marks what is missing now as ended", async () => {
    const play = new Play(groupOf("  - record: r\n    expr: x\n"), ['x{n="1"} 1 1', 'x{n="2"} 1 stale']);
    await play.at(0);
    expect(texts((await play.at(1)).staleSeries)).toEqual(['r{n="2"}']);
  });

  test("takes a scalar as one sample without labels", async () => {
    const { samples } = await new Play(groupOf("  - record: r\n    expr: 1 + 1\n"), []).at(3);
    expect(samples).toEqual([{ labels: labelsOf([["__name__", "r"]]), at: 3 * MINUTE, value: 2 }]);
  });

  test.each([
    [
      "two series of the same labels",
      "    labels: {n: same}\n",
      "",
      "same labelset after applying rule labels",
    ],
    ["more series than the limit", "", "  limit: 1\n", "exceeded limit of 1 with 2 series"],
  ])("%s are an error", async (_, labels, head, message) => {
    const play = new Play(groupOf(`  - record: r\n    expr: x\n${labels}`, head), [
      'x{n="1"} 1',
      'x{n="2"} 1',
    ]);
    expect((await play.at(0)).errors).toMatchObject([{ message: expect.stringContaining(message) }]);
  });

  test("asks and writes in the past by the group's offset", async () => {
    const play = new Play(groupOf("  - record: r\n    expr: time()\n", "  query_offset: 2m\n"), []);
    expect((await play.at(5)).samples).toMatchObject([{ at: 3 * MINUTE, value: 180 }]);
  });
});

describe("rules of a group", () => {
  test("see what those before them gave", async () => {
    const play = new Play(
      groupOf(
        "  - record: a\n    expr: x + 1\n  - record: b\n    expr: a * 2\n  - alert: C\n    expr: b == 4\n  - record: d\n    expr: count(ALERTS)\n",
      ),
      ["x 1"],
    );
    const { samples } = await play.at(0);
    expect(samples.map(({ labels, value }) => [seriesText(labels), value])).toEqual([
      ["a", 2],
      ["b", 4],
      ['ALERTS{alertname="C", alertstate="firing"}', 1],
      ['ALERTS_FOR_STATE{alertname="C"}', 0],
      ["d", 1],
    ]);
  });

  test("are written only as often as a later rule may read them", async () => {
    const writes: string[][] = [];
    const source = sourceOf(["x 1"]);
    await evaluateGroup({
      group: groupOf(
        "  - record: a\n    expr: x\n  - record: b\n    expr: x\n  - record: c\n    expr: a + b\n  - record: d\n    expr: x\n",
      ),
      state: null,
      at: 0,
      query: (query, at) => queryInstant(source, query, at),
      write: ({ samples }) => {
        writes.push(texts(samples));
        for (const { labels, at, value } of samples) source.append(labels, at, value);
      },
    });
    expect(writes).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
  });
});

describe("a reload", () => {
  test("carries the state over to the rules of the same name and labels", async () => {
    const play = new Play(
      groupOf("  - alert: A\n    expr: x > 0\n    for: 2m\n  - record: r\n    expr: x\n"),
      ["x 1x9"],
    );
    await play.at(0);
    play.group = groupOf("  - record: new\n    expr: x\n  - alert: A\n    expr: x > 0\n    for: 2m\n");
    play.state = carryOverState(play.group, play.state);
    const { staleSeries, alerts } = await play.at(1);
    expect(texts(staleSeries)).toEqual(["r"]);
    expect(alerts).toMatchObject([{ state: "pending", activeAt: 0 }]);
    expect(await play.states(2, 2)).toEqual(["firing"]);
    expect(
      openSeries(play.state)
        .map((series) => series.__name__)
        .toSorted(),
    ).toEqual(["ALERTS", "ALERTS_FOR_STATE", "new"]);
  });
});

describe("the time that alerts were pending before a restart without state", () => {
  const group = groupOf(
    "  - alert: A\n    expr: x > 0\n    for: 30m\n  - alert: B\n    expr: x > 0\n    for: 5m\n",
  );
  const at = 100 * MINUTE;

  async function restoredActiveAt(
    last: { at: number; value: number; isStale: boolean } | null,
  ): Promise<number[]> {
    const source = new MemorySource();
    source.append(labelsOf([["__name__", "x"]]), at, 1);
    const { state, samples } = await evaluateGroup({
      group,
      state: newGroupState(group, { restore: true }),
      at,
      query: (query, queryAt) => queryInstant(source, query, queryAt),
    });
    expect(samples).toEqual([]);
    const asked: string[] = [];
    const restored = await restoreForState({
      group,
      state,
      at,
      lookUp: (labels, fromAt, toAt) => {
        asked.push(seriesText(labels));
        expect([fromAt, toAt]).toEqual([at - 60 * MINUTE, at]);
        return last;
      },
    });
    expect(asked).toEqual(['ALERTS_FOR_STATE{alertname="A"}']);
    expect(restored.rules.every(({ isRestored }) => isRestored)).toBe(true);
    return restored.rules.flatMap(({ alerts }) => alerts.map(({ activeAt }) => activeAt / MINUTE));
  }

  test.each([
    ["it had waited long enough", { at: 95 * MINUTE, value: 60 * 60, isStale: false }, 60],
    ["it had almost waited: ten minutes from now", { at: 95 * MINUTE, value: 70 * 60, isStale: false }, 80],
    [
      "it had waited a little: the outage does not count",
      { at: 95 * MINUTE, value: 90 * 60, isStale: false },
      95,
    ],
    ["it was not active", { at: 95 * MINUTE, value: 60 * 60, isStale: true }, 100],
    ["nothing is known", null, 100],
  ])("%s", async (_, last, expected) => {
    expect(await restoredActiveAt(last)).toEqual([expected, 100]);
  });
});

describe("times of evaluation", () => {
  test.each([60_000, 15_000, 7_000])(
    "are whole intervals of %d ms apart and differ by group",
    (intervalMs) => {
      const names = Array.from({ length: 20 }, (_, index) => `group ${index}`);
      const offsets = names.map((name) => {
        const group = { file: "f", name, intervalMs };
        const first = nextEvaluationAt(group, 1_700_000_000_000);
        expect(first).toBeGreaterThan(1_700_000_000_000);
        expect(nextEvaluationAt(group, first)).toBe(first + intervalMs);
        expect(nextEvaluationAt(group, first - 1)).toBe(first);
        return first % intervalMs;
      });
      expect(new Set(offsets).size).toBeGreaterThan(10);
    },
  );
});
