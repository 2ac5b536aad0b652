/** One bar of the run strip. The shape alone tells the outcome: cap, hollow, dots, foot, hatch or corner. */
import { phaseLook } from "../../components/outcome.ts";
import type { PlacedBar, StripMeasure } from "./strip-geometry.ts";

interface Props {
  placed: PlacedBar;
  measure: StripMeasure;
  ground: number;
  hatchId: string;
}

export function StripBarShape({ placed, measure, ground, hatchId }: Props) {
  const { bar, x, y, width, height } = placed;
  const fill = `var(--bw-${phaseLook(bar.phase).outcome})`;
  const box = { x, y, width, height };
  const inner = { x: x + 0.75, y: y + 0.75, width: width - 1.5, height: Math.max(1.5, height - 1.5) };
  const capHeight = measure.capRoom / 2;
  const radius = Math.min(width, height) / 3;
  switch (bar.phase) {
    case "completed":
      return <rect {...box} rx={Math.min(1.5, radius)} fill={fill} opacity="0.9" />;
    case "failed":
      return (
        <g fill={fill}>
          <rect {...box} />
          <rect x={x} y={y - capHeight - 1} width={width} height={capHeight} />
        </g>
      );
    case "dead_letter":
      return (
        <g fill={fill}>
          <path d={`M${x} ${y}h${width / 2}l${width / 2} ${width / 2}V${y + height}H${x}z`} />
          <rect x={x} y={y - capHeight - 1} width={width} height={capHeight} />
        </g>
      );
    case "lost":
      return (
        <g fill={fill}>
          <path
            d={`M${x} ${y + height}V${y}l${width / 2} ${Math.min(height, width / 2)}L${x + width} ${y}V${y + height}z`}
          />
          <circle cx={x + width / 2} cy={y - capHeight / 2} r={capHeight / 1.6} />
        </g>
      );
    case "running":
    case "suspect":
    case "retrying":
      return (
        <rect
          {...inner}
          rx="1"
          fill="none"
          stroke={fill}
          strokeWidth="1.5"
          strokeDasharray={bar.phase === "suspect" ? "2 1.5" : undefined}
        />
      );
    case "unknown":
      return (
        <rect
          {...inner}
          y={Math.min(inner.y, ground - measure.barRoom * 0.5)}
          height={Math.max(inner.height, measure.barRoom * 0.5)}
          fill={`url(#${hatchId})`}
          stroke={fill}
          strokeWidth="0.75"
        />
      );
    case "cancelled":
    case "skipped":
    case "queued":
    case "scheduled":
      return (
        <rect
          {...inner}
          y={Math.min(inner.y, ground - width)}
          height={Math.max(inner.height, width - 0.75)}
          fill="none"
          stroke={fill}
          strokeWidth="1"
          strokeDasharray={bar.phase === "scheduled" ? "1.5 1.5" : undefined}
        />
      );
    case "expected": {
      const dotted = ground - measure.barRoom * 0.5;
      return (
        <rect
          x={x + 0.75}
          y={dotted}
          width={width - 1.5}
          height={ground - dotted - 0.75}
          fill="none"
          stroke={fill}
          strokeWidth="1.25"
          strokeDasharray="1.25 1.75"
        />
      );
    }
    case "missed":
      return <rect x={x} y={ground - 0.5} width={width} height={measure.footRoom} fill={fill} />;
  }
}
