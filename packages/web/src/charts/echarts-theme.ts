/** The part of ECharts that the pages use, and its theme made from the tokens: thin lines, a light grid. */
import { BarChart, CustomChart, LineChart, PieChart } from "echarts/charts";
import { AriaComponent, GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { DARK, LIGHT, type SchemeTokens } from "../theme/tokens.ts";

use([
  BarChart,
  CustomChart,
  LineChart,
  PieChart,
  GridComponent,
  TooltipComponent,
  MarkLineComponent,
  AriaComponent,
  SVGRenderer,
]);

export type Scheme = "light" | "dark";
export type ChartOption = EChartsCoreOption;

export function tokensOf(scheme: Scheme): SchemeTokens {
  return scheme === "dark" ? DARK : LIGHT;
}

/** Draws into `element`; the caller disposes of what it gets. */
export function startChart(element: HTMLElement, scheme: Scheme) {
  return init(element, themeOf(tokensOf(scheme)), { renderer: "svg" });
}

function themeOf(tokens: SchemeTokens) {
  const axis = {
    axisLine: { lineStyle: { color: tokens.line } },
    axisTick: { show: false, lineStyle: { color: tokens.line } },
    axisLabel: { color: tokens.dim, fontSize: 11 },
    nameTextStyle: { color: tokens.dim, fontSize: 11 },
    splitLine: { lineStyle: { color: tokens.line, width: 1 } },
  };
  return {
    color: [tokens.accentText],
    backgroundColor: "transparent",
    textStyle: { fontFamily: '"Inter Variable", system-ui, sans-serif', color: tokens.text },
    categoryAxis: { ...axis, splitLine: { show: false } },
    valueAxis: { ...axis, axisLine: { show: false, lineStyle: { color: tokens.line } } },
    line: { lineStyle: { width: 1.5 }, symbolSize: 4 },
    tooltip: {
      backgroundColor: tokens.raised,
      borderColor: tokens.line,
      borderWidth: 1,
      padding: [8, 12],
      textStyle: { color: tokens.text, fontSize: 13 },
    },
  };
}
