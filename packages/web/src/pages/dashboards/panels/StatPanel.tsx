/** Figures, large: one for each series, with the colour and the shape of the threshold that it has reached. */
import { useComputedColorScheme } from "@mantine/core";
import { seriesNames } from "../../../charts/panels/series-names.ts";
import {
  outcomeOfColor,
  reached,
  type Threshold,
  textColorOf,
} from "../../../charts/panels/threshold-look.ts";
import { useZone } from "../../../clock/zone-choice.ts";
import { OutcomeMark } from "../../../components/OutcomeMark.tsx";
import { formatValue } from "../../../format/value.ts";
import { DARK, LIGHT } from "../../../theme/tokens.ts";
import classes from "../dashboards.module.css";
import type { PanelProps } from "../PanelBody.tsx";

const MOST_FIGURES = 48;

export function StatPanel({ panel, data }: PanelProps) {
  const zone = useZone();
  const tokens = useComputedColorScheme("light") === "dark" ? DARK : LIGHT;
  const names = seriesNames(data.samples, panel.title);
  const shown = data.samples.slice(0, MOST_FIGURES);
  const style = { unit: panel.unit, decimals: panel.decimals, zone };
  return (
    <>
      <dl className={classes.stats} data-single={shown.length === 1 || undefined}>
        {shown.map(({ value }, index) => {
          const threshold = reached(panel.thresholds, value);
          return (
            <div key={names[index]} className={classes.stat}>
              <dt title={names[index]}>{names[index]}</dt>
              <dd style={threshold === null ? {} : { color: textColorOf(threshold.color, tokens) }}>
                <ThresholdMark threshold={threshold} unit={panel.unit} />
                {formatValue(value, style)}
              </dd>
            </div>
          );
        })}
      </dl>
      {data.samples.length > MOST_FIGURES && (
        <p className={classes.notice}>
          The first {MOST_FIGURES} of {data.samples.length}.
        </p>
      )}
    </>
  );
}

/** Colour is never alone. */
function ThresholdMark({
  threshold,
  unit,
}: {
  threshold: Threshold | null;
  unit: PanelProps["panel"]["unit"];
}) {
  const outcome = threshold === null ? null : outcomeOfColor(threshold.color);
  if (threshold === null || outcome === null) return null;
  return (
    <span
      title={`${threshold.color}: from ${formatValue(threshold.value, { unit })}`}
      className={classes.statMark}
    >
      <OutcomeMark outcome={outcome} />
      <span className="bw-hidden">{threshold.color} </span>
    </span>
  );
}
