/** Which state each series was in and for how long; each state's colour has a word below. */
import { useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";
import { PlainLegend } from "../../../charts/Legend.tsx";
import type { ChartPlan } from "../../../charts/panels/PanelChart.tsx";
import { seriesNames } from "../../../charts/panels/series-names.ts";
import { livenessWord, stateSegments } from "../../../charts/panels/state-segments.ts";
import { colorOf, reached } from "../../../charts/panels/threshold-look.ts";
import { useZone } from "../../../clock/zone-choice.ts";
import { formatDuration } from "../../../format/duration.ts";
import { formatValue } from "../../../format/value.ts";
import { DARK, LIGHT, type SchemeTokens } from "../../../theme/tokens.ts";
import classes from "../dashboards.module.css";
import type { PanelProps } from "../PanelBody.tsx";
import { LazyChart } from "./LazyChart.tsx";

const MOST_ROWS = 40;
const ROW_PX = 26;
const FRAME_PX = 40;

export function StateTimelinePanel({ panel, data, onPick }: PanelProps) {
  const zone = useZone();
  const tokens = useComputedColorScheme("light") === "dark" ? DARK : LIGHT;
  const rows = useMemo(() => {
    const names = seriesNames(data.series, panel.title);
    const shown = data.series.slice(0, MOST_ROWS);
    const values = [
      ...new Set(shown.flatMap(({ values: own }) => own.filter((value) => !Number.isNaN(value)))),
    ];
    const lookOf = stateLooks(
      panel,
      values.sort((a, b) => a - b),
      tokens,
      zone,
    );
    return shown.map((series, index) => ({
      name: names[index] ?? "",
      segments: stateSegments(series, data.stepMs, data.period.to).map((segment) => ({
        ...segment,
        ...lookOf(segment.value),
      })),
    }));
  }, [data, panel, tokens, zone]);
  const chart = useMemo<ChartPlan>(
    () => ({ kind: "state-timeline", plan: { rows, period: data.period, zone } }),
    [rows, data, zone],
  );
  const words = new Map<string, { color: string; ms: number }>();
  for (const { word, color, from, to } of rows.flatMap(({ segments }) => segments))
    words.set(word, { color, ms: (words.get(word)?.ms ?? 0) + to - from });
  return (
    <>
      <div style={{ height: rows.length * ROW_PX + FRAME_PX }}>
        <LazyChart
          chart={chart}
          className={classes.full ?? ""}
          label={`${panel.title}: ${rows.length} rows of states over time`}
          onPick={onPick}
        />
      </div>
      <PlainLegend
        label={`${panel.title}, states`}
        entries={[...words].map(([name, { color, ms }]) => ({ name, color, value: formatDuration(ms) }))}
      />
      {data.series.length > MOST_ROWS && (
        <p className={classes.notice}>
          The first {MOST_ROWS} of {data.series.length} series.
        </p>
      )}
    </>
  );
}

/** By threshold where there are any; 1 and 0 are up and down; other values get a colour each. */
function stateLooks(
  panel: PanelProps["panel"],
  values: readonly number[],
  tokens: SchemeTokens,
  zone: string,
): (value: number) => { color: string; word: string } {
  const isLiveness = panel.thresholds.length === 0 && values.every((value) => value === 0 || value === 1);
  return (value) => {
    const word = formatValue(value, { unit: panel.unit, decimals: panel.decimals, zone });
    const live = isLiveness ? livenessWord(value) : null;
    if (live?.color) return { color: colorOf(live.color, tokens), word: live.word };
    const threshold = reached(panel.thresholds, value);
    if (threshold !== null) return { color: colorOf(threshold.color, tokens), word };
    const color = tokens.series[values.indexOf(value) % tokens.series.length] ?? tokens.accentText;
    return { color, word };
  };
}
