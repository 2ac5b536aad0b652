/** The next five slots, in the job's own time and how far away. */
import type { Slot } from "../../api/resources.ts";
import { Instant } from "../../components/Instant.tsx";
import classes from "./job.module.css";

export function UpcomingSlots({ slots }: { slots: readonly Slot[] }) {
  return (
    <ol className={classes.slots}>
      {slots.map((slot) => (
        <li key={slot.slotAt}>
          <span>
            {slot.local}
            {slot.state === "skipped" && (
              <span className="bw-dim"> skipped{slot.reason ? `: ${slot.reason}` : ""}</span>
            )}
          </span>
          <span className="bw-dim">
            <Instant at={slot.slotAt} />
          </span>
        </li>
      ))}
    </ol>
  );
}
