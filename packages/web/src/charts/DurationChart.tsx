/** Bars for the duration of each run, coloured by outcome, the usual as a line; the records in a lane of their own below. */
import { useCallback } from "react";
import type { RunSummary } from "../api/resources.ts";
import { phaseLook } from "../components/outcome.ts";
import { formatCount } from "../format/count.ts";
import { formatDuration } from "../format/duration.ts";
import { formatInstant } from "../format/instant.ts";
import { axisInstants } from "./axis-instants.ts";
import { durationAxis } from "./duration-axis.ts";
import { EChart } from "./EChart.tsx";
import { type ChartOption, type Scheme, tokensOf } from "./echarts-theme.ts";

const LEAST_BAR_PX = 4;
/** Above the labels and in line with them, clear of the topmost. */
const AXIS_NAME = { nameGap: 12, nameTextStyle: { align: "right", padding: [0, 8, 0, 0] } } as const;

interface Props {
  /** Oldest first, each with a duration. */
  runs: readonly RunSummary[];
  usualMs: number | null;
  zone: string;
  className: string;
}

export default function DurationChart({ runs, usualMs, zone, className }: Props) {
  const draw = useCallback((scheme: Scheme) => optionFor(runs, usualMs, zone, scheme), [runs, usualMs, zone]);
  return <EChart draw={draw} className={className} />;
}

function optionFor(
  runs: readonly RunSummary[],
  usualMs: number | null,
  zone: string,
  scheme: Scheme,
): ChartOption {
  const tokens = tokensOf(scheme);
  const hasRecords = runs.some((run) => run.recordsProcessed !== null);
  const starts = runs.map((run) => Date.parse(run.startedAt ?? run.lastEventAt));
  const times = starts.map((at) =>
    formatInstant(at, { zone, nowAt: Date.now(), withDay: true, seconds: true }),
  );
  const labels = axisInstants(starts, zone);
  const axisLabel = { hideOverlap: true, formatter: (_: string, index: number) => labels[index] ?? "" };
  const left = 64;
  const right = 44;
  return {
    animation: false,
    tooltip: {
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: (items: unknown) => hover(items, runs, times),
    },
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    grid: hasRecords
      ? [
          { left, right, top: 30, height: 108 },
          { left, right, top: 180, height: 46 },
        ]
      : [{ left, right, top: 30, bottom: 28 }],
    xAxis: [
      { type: "category", data: times, axisLabel: { ...axisLabel, show: !hasRecords } },
      ...(hasRecords ? [{ type: "category", gridIndex: 1, data: times, axisLabel }] : []),
    ],
    yAxis: [
      {
        type: "value",
        name: "Duration",
        nameLocation: "end",
        ...AXIS_NAME,
        axisLabel: { formatter: (ms: number) => (ms === 0 ? "0" : formatDuration(ms)) },
        ...durationAxis(Math.max(usualMs ?? 0, ...runs.map((run) => run.durationMs ?? 0))),
      },
      ...(hasRecords
        ? [
            {
              type: "value",
              gridIndex: 1,
              name: "Records",
              ...AXIS_NAME,
              axisLabel: { formatter: formatCount },
              splitNumber: 1,
            },
          ]
        : []),
    ],
    series: [
      {
        type: "bar",
        barMaxWidth: 18,
        // However short, a run has a bar: a failure after a moment is the one that must be seen.
        barMinHeight: LEAST_BAR_PX,
        data: runs.map((run) => ({
          value: run.durationMs,
          itemStyle: { color: tokens.outcomes[phaseLook(run.phase).outcome].fill, borderRadius: 1 },
        })),
        ...(usualMs !== null && {
          markLine: {
            silent: true,
            symbol: "none",
            lineStyle: { color: tokens.text, type: "dotted" },
            label: { formatter: "usual", position: "end", color: tokens.dim, fontSize: 11 },
            data: [{ yAxis: usualMs }],
          },
        }),
      },
      ...(hasRecords
        ? [
            {
              type: "line",
              xAxisIndex: 1,
              yAxisIndex: 1,
              showSymbol: runs.length < 40,
              data: runs.map((run) => run.recordsProcessed),
            },
          ]
        : []),
    ],
  };
}

/** Text from outside never becomes markup: the hover is built of nodes. */
function hover(items: unknown, runs: readonly RunSummary[], times: readonly string[]): HTMLElement | string {
  const first: unknown = Array.isArray(items) ? items[0] : items;
  const index =
    typeof first === "object" && first !== null && "dataIndex" in first ? Number(first.dataIndex) : -1;
  const run = runs[index];
  if (!run) return "";
  const box = document.createElement("div");
  const lines = [
    times[index] ?? "",
    `${phaseLook(run.phase).word}, ${formatDuration(run.durationMs)}`,
    ...(run.recordsProcessed === null ? [] : [`${formatCount(run.recordsProcessed)} records`]),
    run.errorMessage ?? "",
  ];
  for (const line of lines.filter((text) => text !== "")) {
    const row = document.createElement("div");
    row.textContent = line.length > 120 ? `${line.slice(0, 119)}…` : line;
    box.append(row);
  }
  return box;
}
