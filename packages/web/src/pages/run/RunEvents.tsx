/** The run's raw events, as each witness said them; the payload opens on demand. */
import { useRunEvents } from "../../api/queries.ts";
import type { RunDetail, RunEventView } from "../../api/resources.ts";
import { useZone } from "../../clock/zone-choice.ts";
import { Answer } from "../../components/Answer.tsx";
import { EmptyState } from "../../components/EmptyState.tsx";
import { Instant } from "../../components/Instant.tsx";
import { KeptFor } from "../../components/KeptFor.tsx";
import { MoreButton } from "../../components/MoreButton.tsx";
import { factWords } from "../../components/outcome.ts";
import { Panel } from "../../components/Panel.tsx";
import { formatDuration } from "../../format/duration.ts";
import type { RunAddress } from "../../url-state/links.ts";
import classes from "./run.module.css";

/** A shorter way from the source to here is not worth a word. */
const LATE_MS = 5_000;

export function RunEvents({ run, address }: { run: RunDetail; address: RunAddress }) {
  const events = useRunEvents(address);
  const zone = useZone();
  return (
    <Panel
      title="Events"
      aside={
        <>
          <KeptFor kind="heartbeatsMs" what="Heartbeats" since={run.startedAt ?? run.lastEventAt} />
          <span>times in {zone}</span>
        </>
      }
      flush
    >
      <Answer query={events}>
        {(data) => {
          const items = data.pages.flatMap((page) => page.items);
          if (items.length === 0) {
            return (
              <div className={classes.inset}>
                <EmptyState>No events are kept of this run.</EmptyState>
              </div>
            );
          }
          return (
            <ol className={classes.events}>
              {items.map((event) => (
                <EventItem key={event.id} event={event} />
              ))}
            </ol>
          );
        }}
      </Answer>
      <MoreButton query={events} words="Show more events" />
    </Panel>
  );
}

function EventItem({ event }: { event: RunEventView }) {
  const lateMs = Date.parse(event.receivedAt) - Date.parse(event.at);
  return (
    <li className={classes.event}>
      <details>
        <summary>
          <span className={classes.logTime}>
            <Instant at={event.at} show="milliseconds" bare />
          </span>
          <span className={classes.eventKind}>{factWords(event.kind)}</span>
          <span className={classes.eventSummary}>
            {event.summary}
            {lateMs > LATE_MS && <span className="bw-dim"> came {formatDuration(lateMs)} later</span>}
          </span>
          <span className={classes.witness}>{event.witness}</span>
        </summary>
        <pre className={classes.payload}>{JSON.stringify(event.payload, null, 2)}</pre>
      </details>
    </li>
  );
}
