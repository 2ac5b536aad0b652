/** A ring of shares; names, values and shares stand in the legend beside it, the sum in its middle. */
import type { SchemeTokens } from "../../theme/tokens.ts";
import type { ChartOption } from "../echarts-theme.ts";
import { hoverBox } from "../hover-box.ts";
import { indexOf } from "./heatmap-option.ts";

export interface DrawnSlice {
  name: string;
  value: number;
  color: string;
  /** Value and share in words. */
  words: string;
}

export function pieOption(slices: readonly DrawnSlice[], sum: string, tokens: SchemeTokens): ChartOption {
  return {
    animation: false,
    tooltip: {
      trigger: "item",
      confine: true,
      formatter: (item: unknown) => {
        const slice = slices[indexOf(item)];
        return slice === undefined ? "" : hoverBox(slice.name, [{ color: slice.color, text: slice.words }]);
      },
    },
    series: [
      {
        type: "pie",
        radius: ["58%", "92%"],
        padAngle: slices.length > 1 ? 1 : 0,
        labelLine: { show: false },
        emphasis: { scale: false },
        // The middle says the sum once.
        label: { show: false },
        data: slices.map(({ name, value, color }, index) => ({
          name,
          value,
          itemStyle: { color },
          ...(index === 0 && {
            label: {
              show: true,
              position: "center",
              formatter: sum,
              color: tokens.text,
              fontSize: 18,
              fontWeight: 650,
            },
          }),
        })),
      },
    ],
  };
}
