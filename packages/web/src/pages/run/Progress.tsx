/** How far a running run is, how fast, and when it should be done at this rate. */
import type { RunDetail } from "../../api/resources.ts";
import { formatExactCount, formatRate, formatRatio } from "../../format/count.ts";
import { formatDuration } from "../../format/duration.ts";
import classes from "./run.module.css";

export function Progress({ run }: { run: RunDetail }) {
  const { recordsProcessed: done, progressTotal: total, progressRate: rate } = run;
  if (done === null && rate === null) return null;
  const ratio = done !== null && total !== null && total > 0 ? Math.min(1, done / total) : null;
  const leftMs =
    done !== null && total !== null && rate !== null && rate > 0 ? ((total - done) / rate) * 1_000 : null;
  return (
    <div className={classes.progress}>
      {ratio !== null && (
        <progress className={classes.progressBar} max={1} value={ratio} aria-label="Progress">
          {formatRatio(ratio)}
        </progress>
      )}
      <div className={classes.progressWords}>
        {ratio !== null && <strong>{formatRatio(ratio)}</strong>}
        {done !== null && total !== null && (
          <span>
            {formatExactCount(done)} of {formatExactCount(total)}
          </span>
        )}
        {rate !== null && <span>{rate === 0 ? "standing still" : formatRate(rate)}</span>}
        {leftMs !== null && leftMs > 0 && <span>about {formatDuration(leftMs)} left</span>}
      </div>
    </div>
  );
}
