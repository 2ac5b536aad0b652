/** Says that something is gone because of its age; nothing where it is younger, or where things are kept for ever. */
import { useRetention } from "../api/queries.ts";
import type { Overview } from "../api/resources.ts";
import { now } from "../clock/clock.ts";
import { formatDuration } from "../format/duration.ts";

interface Props {
  kind: keyof Overview["retention"];
  /** What is kept, as a subject: "Runs". */
  what: string;
  /** The time of what may be gone, ISO 8601. */
  since: string;
}

export function KeptFor({ kind, what, since }: Props) {
  const keptMs = useRetention()?.[kind] ?? null;
  if (keptMs === null || now() - Date.parse(since) <= keptMs) return null;
  return (
    <span>
      {what} are kept for {formatDuration(keptMs)}; older ones are gone.
    </span>
  );
}
