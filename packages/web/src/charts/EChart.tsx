/**
 * One ECharts drawing in the page: made anew with the scheme, sized with its box. Where it has an axis of time, dragging
 * over it picks a part of the time. Loaded only with a chart.
 */
import { useComputedColorScheme } from "@mantine/core";
import { type PointerEvent, useEffect, useRef, useState } from "react";
import classes from "./chart.module.css";
import { type ChartOption, type Scheme, startChart } from "./echarts-theme.ts";

interface TimePlot {
  /** Pixels from the box's edges to where the axis of time begins and ends, at a width. */
  edges: (width: number) => { left: number; right: number };
  from: number;
  to: number;
  onPick: (picked: { from: number; to: number }) => void;
}

interface Props {
  /** Makes the drawing for a width, so that an axis has as many labels as fit. Must be stable between renderings. */
  draw: (scheme: Scheme, width: number) => ChartOption;
  className: string;
  label?: string;
  timePlot?: TimePlot;
}

/** Less is a click that slipped. */
const LEAST_DRAG_PX = 6;

export function EChart({ draw, className, label, timePlot }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");
  const chart = useRef<ReturnType<typeof startChart> | null>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!element.current) return;
    const started = startChart(element.current, scheme);
    chart.current = started;
    setWidth(element.current.clientWidth);
    const observer = new ResizeObserver(([entry]) => {
      started.resize();
      if (entry) setWidth(Math.round(entry.contentRect.width));
    });
    observer.observe(element.current);
    return () => {
      observer.disconnect();
      started.dispose();
      chart.current = null;
    };
  }, [scheme]);
  useEffect(() => {
    if (width > 0) chart.current?.setOption(draw(scheme, width), { notMerge: true });
  }, [draw, scheme, width]);
  return (
    <TimePicker plot={timePlot} width={width} className={className} label={label}>
      <div ref={element} className={classes.fill} />
    </TimePicker>
  );
}

interface PickerProps {
  plot: TimePlot | undefined;
  width: number;
  className: string;
  label: string | undefined;
  children: React.ReactNode;
}

function TimePicker({ plot, width, className, label, children }: PickerProps) {
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const { left, right } = plot?.edges(width) ?? { left: 0, right: 0 };
  const inPlot = (event: PointerEvent<HTMLElement>): number => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    return Math.min(Math.max(x, left), width - right);
  };
  const end = () => {
    if (plot === undefined || drag === null) return;
    setDrag(null);
    const [begin, stop] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    if (stop - begin < LEAST_DRAG_PX) return;
    const msPerPx = (plot.to - plot.from) / Math.max(1, width - left - right);
    const at = (x: number) => plot.from + (x - left) * msPerPx;
    plot.onPick({ from: at(begin), to: at(stop) });
  };
  return (
    <div
      className={`${classes.chart} ${className}`}
      data-picks={plot === undefined ? undefined : ""}
      {...(label !== undefined && { role: "img", "aria-label": label })}
      onPointerDown={(event) => {
        if (plot === undefined || event.button !== 0 || event.pointerType === "touch") return;
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: inPlot(event), to: inPlot(event) });
      }}
      onPointerMove={(event) => {
        const to = inPlot(event);
        setDrag((now) => (now === null ? null : { ...now, to }));
      }}
      onPointerUp={end}
      onPointerCancel={() => setDrag(null)}
    >
      {children}
      {drag !== null && (
        <div
          className={classes.picked}
          style={{ left: Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from) }}
        />
      )}
    </div>
  );
}
