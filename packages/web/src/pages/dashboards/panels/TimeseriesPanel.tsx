/** Lines over time, with a legend that names each and says its latest value. */
import { useComputedColorScheme } from "@mantine/core";
import { useMemo, useState } from "react";
import { Legend } from "../../../charts/Legend.tsx";
import type { ChartPlan } from "../../../charts/panels/PanelChart.tsx";
import { seriesLooks } from "../../../charts/panels/series-look.ts";
import { seriesNames } from "../../../charts/panels/series-names.ts";
import { useZone } from "../../../clock/zone-choice.ts";
import { formatValue } from "../../../format/value.ts";
import { DARK, LIGHT } from "../../../theme/tokens.ts";
import classes from "../dashboards.module.css";
import type { PanelProps } from "../PanelBody.tsx";
import { LazyChart } from "./LazyChart.tsx";

/** More lines than this are a tangle, and slow to draw. */
const MOST_SERIES = 60;

export function TimeseriesPanel({ panel, data, onPick }: PanelProps) {
  const zone = useZone();
  const tokens = useComputedColorScheme("light") === "dark" ? DARK : LIGHT;
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const drawn = useMemo(() => {
    const shown = data.series.filter(({ values }) => !values.every(Number.isNaN)).slice(0, MOST_SERIES);
    const names = seriesNames(shown, panel.title);
    const looks = seriesLooks(
      shown.map(({ labels }) => labels),
      tokens,
    );
    return shown.flatMap((one, index) => {
      const [name, look] = [names[index], looks[index]];
      return name === undefined || look === undefined ? [] : [{ ...one, name, look }];
    });
  }, [data, panel.title, tokens]);
  const chart = useMemo<ChartPlan>(() => {
    const { unit, decimals, min, max, stack, thresholds } = panel;
    const series = drawn.filter(({ name }) => !hidden.has(name));
    const { period, stepMs } = data;
    return {
      kind: "timeseries",
      plan: { series, period, stepMs, unit, decimals, min, max, stack, thresholds, zone },
    };
  }, [drawn, hidden, panel, data, zone]);
  const entries = drawn.map(({ name, look, values }) => {
    const latest = values.findLast((value) => !Number.isNaN(value));
    return {
      name,
      ...look,
      value: formatValue(latest, { unit: panel.unit, decimals: panel.decimals, zone }),
    };
  });
  return (
    <>
      <LazyChart
        chart={chart}
        className={classes.chart ?? ""}
        label={`${panel.title}: ${drawn.length} lines over time; the latest values stand below`}
        onPick={onPick}
      />
      <Legend entries={entries} label={`${panel.title}, latest values`} hidden={hidden} onHide={setHidden} />
      {data.series.length > MOST_SERIES && (
        <p className={classes.notice}>
          The first {MOST_SERIES} of {data.series.length} series. Narrow them to jobs, or use topk.
        </p>
      )}
    </>
  );
}
