/**
 * The run strip: a job's last thirty runs on one line. Colour and cap say the outcome, height the duration, hollow what
 * still runs, dotted what is expected, a gap with a red foot what was missed, hatching what nobody knows.
 * In tables it is a picture with a hover; on the job's page (`large`) each run can be reached with the arrow keys.
 */
import { isExecutingPhase } from "@batchwatch/protocol/phases";
import { type KeyboardEvent, type PointerEvent, useId, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import type { JobKey } from "../../api/query-keys.ts";
import type { StripBar } from "../../api/resources.ts";
import { useNow } from "../../clock/clock.ts";
import { phaseLook } from "../../components/outcome.ts";
import { runLink } from "../../url-state/links.ts";
import classes from "./run-strip.module.css";
import { StripBarShape } from "./StripBarShape.tsx";
import { StripHover } from "./StripHover.tsx";
import { LARGE_STRIP, layOutStrip, type PlacedBar, SMALL_STRIP, stripSentence } from "./strip-geometry.ts";

interface Props {
  job: JobKey;
  bars: readonly StripBar[];
  usualMs: number | null;
  p95Ms: number | null;
  jobZone: string | null;
  large?: boolean;
}

/** A bar that grows is drawn again this often. */
const GROWTH_MS = 5_000;

export function RunStrip({ job, bars, usualMs, p95Ms, jobZone, large = false }: Props) {
  const measure = large ? LARGE_STRIP : SMALL_STRIP;
  const nowAt = useNow(bars.some(isGrowing) ? GROWTH_MS : null);
  const layout = useMemo(
    () => layOutStrip(bars, { usualMs, p95Ms }, measure, nowAt),
    [bars, usualMs, p95Ms, measure, nowAt],
  );
  const [hovered, setHovered] = useState<PlacedBar | null>(null);
  const [corner, setCorner] = useState({ x: 0, y: 0 });
  const hatchId = useId();
  const navigate = useNavigate();

  const onPointerMove = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * layout.width;
    const found = layout.bars.find((placed) => x >= placed.x - measure.gap && x < placed.x + placed.width);
    setHovered(found ?? null);
    setCorner({ x: event.clientX, y: box.top });
  };
  const open = (bar: StripBar) => {
    if (bar.runId !== null) void navigate(runLink(job, bar.runId));
  };
  const sentence = stripSentence(bars, (phase) => phaseLook(phase).word);

  return (
    <span className={large ? classes.large : classes.small}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a short cut for the pointer; the row's link and, on the job's page, the arrow keys open runs too. */}
      <svg
        className={classes.strip}
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        width={large ? undefined : layout.width}
        height={large ? undefined : layout.height}
        role={large ? "group" : "img"}
        aria-label={sentence}
        data-open={hovered?.bar.runId ? true : undefined}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setHovered(null)}
        onClick={() => hovered && open(hovered.bar)}
      >
        <defs>
          <pattern
            id={hatchId}
            width="4"
            height="4"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <rect width="1.8" height="4" fill="var(--bw-unknown)" />
          </pattern>
        </defs>
        <line
          className={classes.ground}
          x1="0"
          x2={layout.width}
          y1={layout.ground + 0.5}
          y2={layout.ground + 0.5}
        />
        {layout.usualY !== null && (
          <line
            className={classes.usual}
            x1={Math.max(0, (layout.bars[0]?.x ?? 0) - measure.gap * 2)}
            x2={layout.width}
            y1={layout.usualY}
            y2={layout.usualY}
          />
        )}
        {hovered && (
          <rect
            className={classes.column}
            x={hovered.x - measure.gap / 2}
            y="0"
            width={hovered.width + measure.gap}
            height={layout.height}
          />
        )}
        {layout.bars.map((placed) => (
          <StripBarShape
            key={`${placed.bar.at} ${placed.bar.runId}`}
            placed={placed}
            measure={measure}
            ground={layout.ground}
            hatchId={hatchId}
          />
        ))}
        {large && <StripLinks bars={layout.bars} height={layout.height} onFocus={setHovered} onOpen={open} />}
      </svg>
      {hovered && !large && <StripHover bar={hovered.bar} x={corner.x} y={corner.y} jobZone={jobZone} />}
      {large && (
        <StripHover bar={hovered?.bar ?? bars.at(-1) ?? null} jobZone={jobZone} latest={hovered === null} />
      )}
    </span>
  );
}

interface LinksProps {
  bars: readonly PlacedBar[];
  height: number;
  onFocus: (placed: PlacedBar | null) => void;
  onOpen: (bar: StripBar) => void;
}

/** One stop of the tab key for the whole strip; left and right move along the bars, Enter opens. */
function StripLinks({ bars, height, onFocus, onOpen }: LinksProps) {
  const [current, setCurrent] = useState(Number.MAX_SAFE_INTEGER);
  const stop = Math.min(current, bars.length - 1);
  const onKeyDown = (event: KeyboardEvent<SVGRectElement>, placed: PlacedBar) => {
    if (event.key === "Enter") onOpen(placed.bar);
    const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(bars.length - 1, stop + step));
    setCurrent(next);
    const sibling = event.currentTarget.parentElement?.children[next];
    if (sibling instanceof SVGElement) sibling.focus();
  };
  return (
    <g>
      {bars.map((placed, index) => (
        // biome-ignore lint/a11y/useSemanticElements: an HTML link cannot stand inside a picture.
        <rect
          key={`${placed.bar.at} ${placed.bar.runId}`}
          className={classes.stop}
          role="link"
          aria-label={`${phaseLook(placed.bar.phase).word}, ${placed.bar.at}`}
          aria-disabled={placed.bar.runId === null}
          tabIndex={index === stop ? 0 : -1}
          x={placed.x - 3}
          y="0"
          width={placed.width + 6}
          height={height}
          onKeyDown={(event) => onKeyDown(event, placed)}
          onFocus={() => onFocus(placed)}
          onBlur={() => onFocus(null)}
        />
      ))}
    </g>
  );
}

function isGrowing(bar: StripBar): boolean {
  return bar.phase !== "missed" && bar.phase !== "expected" && isExecutingPhase(bar.phase);
}
