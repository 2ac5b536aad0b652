/** Rectangles in a plot with an axis of time and rows: the cells of heatmaps and the segments of state timelines. */
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts";

interface Plot {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Data items are [from, to, row, …]; `share` is how much of a row's height they take. */
export function rectItem(share: number, style: (dataIndex: number) => { fill: string; opacity?: number }) {
  return (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
    const plot = params.coordSys as unknown as Plot;
    const [left = 0, middle = 0] = api.coord([api.value(0), api.value(2)]);
    const [right = 0] = api.coord([api.value(1), api.value(2)]);
    const row = api.size?.([0, 1]);
    const height = (Array.isArray(row) ? (row[1] ?? 0) : 0) * share;
    // Whole pixels, so that neighbours touch: a seam between two would look like a gap in the data.
    const x = Math.floor(Math.max(plot.x, left));
    const end = Math.ceil(Math.min(plot.x + plot.width, right));
    if (end <= x) return null;
    const top = Math.floor(middle - height / 2);
    return {
      type: "rect" as const,
      shape: { x, y: top, width: end - x, height: Math.ceil(middle + height / 2) - top },
      style: style(params.dataIndex),
    };
  };
}
