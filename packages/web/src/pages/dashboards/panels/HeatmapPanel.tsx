/** Where the values lie over time; what the darkest cell stands for is said below. */
import { useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";
import { heatColor, highestOf } from "../../../charts/panels/heat-color.ts";
import { heatmapOf } from "../../../charts/panels/heatmap-cells.ts";
import type { ChartPlan } from "../../../charts/panels/PanelChart.tsx";
import { seriesNames } from "../../../charts/panels/series-names.ts";
import { useZone } from "../../../clock/zone-choice.ts";
import { formatValue } from "../../../format/value.ts";
import { DARK, LIGHT } from "../../../theme/tokens.ts";
import classes from "../dashboards.module.css";
import type { PanelProps } from "../PanelBody.tsx";
import { LazyChart } from "./LazyChart.tsx";

const SCALE = [0, 0.1, 0.3, 0.6, 1];

export function HeatmapPanel({ panel, data, onPick }: PanelProps) {
  const zone = useZone();
  const tokens = useComputedColorScheme("light") === "dark" ? DARK : LIGHT;
  const heatmap = useMemo(() => {
    const names = new Map(
      seriesNames(data.series, panel.title).map((name, index) => [data.series[index]?.labels, name]),
    );
    return heatmapOf(data.series, {
      nameOf: (labels) => names.get(labels) ?? "",
      boundWords: (bound) => formatValue(bound, { unit: panel.unit, decimals: panel.decimals, zone }),
    });
  }, [data, panel, zone]);
  // Buckets count, whatever their bounds measure.
  const valueUnit = heatmap.rows.some(({ bound }) => bound !== null) ? "none" : panel.unit;
  const chart = useMemo<ChartPlan>(
    () => ({
      kind: "heatmap",
      plan: { heatmap, period: data.period, stepMs: data.stepMs, valueUnit, zone },
    }),
    [heatmap, data, valueUnit, zone],
  );
  if (heatmap.cells.length === 0)
    return <p className={classes.empty}>Nothing fell into any bucket in this time.</p>;
  const most = formatValue(highestOf(heatmap), { unit: valueUnit, zone });
  return (
    <>
      <LazyChart
        chart={chart}
        className={classes.chart ?? ""}
        label={`${panel.title}: ${heatmap.rows.length} rows, ${heatmap.cells.length} cells, at most ${most}`}
        onPick={onPick}
      />
      <p className={classes.scale}>
        0
        <span className={classes.scaleBar} aria-hidden="true">
          {SCALE.map((share) => (
            <span key={share} style={{ background: heatColor(share, tokens) }} />
          ))}
        </span>
        {most}
      </p>
    </>
  );
}
