/** Bars for the duration of each run, coloured by outcome, the usual as a line; the records in a lane of their own below. */
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { RunSummary } from "../api/resources.ts";
import { phaseLook } from "../components/outcome.ts";
import { formatCount } from "../format/count.ts";
import { formatDuration } from "../format/duration.ts";
import { formatInstant } from "../format/instant.ts";
import { durationAxis } from "./duration-axis.ts";
import { type ChartOption, type Scheme, startChart, tokensOf } from "./echarts-theme.ts";

interface Props {
  /** Oldest first, each with a duration. */
  runs: readonly RunSummary[];
  usualMs: number | null;
  zone: string;
  className: string;
}

export default function DurationChart({ runs, usualMs, zone, className }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");
  const chart = useRef<ReturnType<typeof startChart> | null>(null);
  useEffect(() => {
    if (!element.current) return;
    const started = startChart(element.current, scheme);
    chart.current = started;
    const observer = new ResizeObserver(() => started.resize());
    observer.observe(element.current);
    return () => {
      observer.disconnect();
      started.dispose();
      chart.current = null;
    };
  }, [scheme]);
  useEffect(() => {
    chart.current?.setOption(optionFor(runs, usualMs, zone, scheme), { notMerge: true });
  }, [runs, usualMs, zone, scheme]);
  return <div ref={element} className={className} />;
}

function optionFor(
  runs: readonly RunSummary[],
  usualMs: number | null,
  zone: string,
  scheme: Scheme,
): ChartOption {
  const tokens = tokensOf(scheme);
  const hasRecords = runs.some((run) => run.recordsProcessed !== null);
  const times = runs.map((run) =>
    formatInstant(Date.parse(run.startedAt ?? run.lastEventAt), { zone, nowAt: Date.now(), withDay: true }),
  );
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
          { left, right, top: 24, height: 118 },
          { left, right, top: 176, height: 50 },
        ]
      : [{ left, right, top: 24, bottom: 28 }],
    xAxis: [
      { type: "category", data: times, axisLabel: { show: !hasRecords, hideOverlap: true } },
      ...(hasRecords
        ? [{ type: "category", gridIndex: 1, data: times, axisLabel: { hideOverlap: true } }]
        : []),
    ],
    yAxis: [
      {
        type: "value",
        name: "Duration",
        nameLocation: "end",
        nameGap: 8,
        axisLabel: { formatter: formatDuration },
        ...durationAxis(Math.max(usualMs ?? 0, ...runs.map((run) => run.durationMs ?? 0))),
      },
      ...(hasRecords
        ? [
            {
              type: "value",
              gridIndex: 1,
              name: "Records",
              nameGap: 6,
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
