/** Shares of a whole: a ring, and beside it each part's name, value and share. */
import { useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";
import { PlainLegend } from "../../../charts/Legend.tsx";
import type { ChartPlan } from "../../../charts/panels/PanelChart.tsx";
import { pieSlices } from "../../../charts/panels/pie-slices.ts";
import { seriesLooks } from "../../../charts/panels/series-look.ts";
import { seriesNames } from "../../../charts/panels/series-names.ts";
import { useZone } from "../../../clock/zone-choice.ts";
import { formatRatio } from "../../../format/count.ts";
import { formatValue } from "../../../format/value.ts";
import { DARK, LIGHT } from "../../../theme/tokens.ts";
import classes from "../dashboards.module.css";
import type { PanelProps } from "../PanelBody.tsx";
import { LazyChart } from "./LazyChart.tsx";

export function PiechartPanel({ panel, data, onPick }: PanelProps) {
  const zone = useZone();
  const tokens = useComputedColorScheme("light") === "dark" ? DARK : LIGHT;
  const style = useMemo(() => ({ unit: panel.unit, decimals: panel.decimals, zone }), [panel, zone]);
  const slices = useMemo(() => {
    const names = seriesNames(data.samples, panel.title);
    const parts = pieSlices(data.samples.map(({ value }, index) => ({ name: names[index] ?? "", value })));
    const looks = seriesLooks(
      parts.map(({ index }) => (index === null ? {} : (data.samples[index]?.labels ?? {}))),
      tokens,
    );
    return parts.map(({ name, value, share, index }, place) => ({
      name,
      value,
      color: index === null ? tokens.outcomes.unknown.fill : (looks[place]?.color ?? tokens.accentText),
      words: `${formatValue(value, style)} · ${formatRatio(share)}`,
    }));
  }, [data, panel, tokens, style]);
  const chart = useMemo<ChartPlan>(() => {
    const sum = slices.reduce((total, { value }) => total + value, 0);
    return { kind: "piechart", slices, sum: formatValue(sum, style) };
  }, [slices, style]);
  if (slices.length === 0) return <p className={classes.empty}>Nothing to share out: every value is 0.</p>;
  return (
    <div className={classes.pie}>
      <LazyChart
        chart={chart}
        className={classes.ring ?? ""}
        label={`${panel.title}: ${slices.length} parts; they stand beside it`}
        onPick={onPick}
      />
      <PlainLegend
        label={panel.title}
        entries={slices.map(({ name, color, words }) => ({ name, color, value: words }))}
      />
    </div>
  );
}
