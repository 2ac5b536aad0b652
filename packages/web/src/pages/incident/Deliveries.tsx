/** Who was told, and the proof: each try with its time, the receiver's answer and how long it took. */
import type { Delivery } from "../../api/resources.ts";
import { EmptyState } from "../../components/EmptyState.tsx";
import { Instant } from "../../components/Instant.tsx";
import { OutcomeBadge } from "../../components/OutcomeBadge.tsx";
import type { OutcomeLook } from "../../components/outcome.ts";
import { formatDuration } from "../../format/duration.ts";
import classes from "./incident.module.css";

const STATE_LOOKS: Readonly<Record<Delivery["state"], OutcomeLook>> = {
  pending: { outcome: "running", word: "pending" },
  delivered: { outcome: "success", word: "delivered" },
  parked: { outcome: "failed", word: "given up" },
};

export function Deliveries({ deliveries }: { deliveries: readonly Delivery[] }) {
  if (deliveries.length === 0) {
    return <EmptyState>Nothing was sent. Receivers are set in the configuration file.</EmptyState>;
  }
  return (
    <ul className={classes.deliveries}>
      {deliveries.map((delivery) => (
        <DeliveryItem key={delivery.id} delivery={delivery} />
      ))}
    </ul>
  );
}

function DeliveryItem({ delivery }: { delivery: Delivery }) {
  return (
    <li className={classes.delivery}>
      <div className={classes.deliveryHead}>
        <h3>{delivery.receiver}</h3>
        <OutcomeBadge look={STATE_LOOKS[delivery.state]} />
        <span className="bw-dim">
          {delivery.channel}, because it{" "}
          {delivery.reason === "raised" ? "got worse" : `was ${delivery.reason}`}
        </span>
        {delivery.nextTryAt !== null && delivery.state === "pending" && (
          <span className="bw-dim">
            next try <Instant at={delivery.nextTryAt} />
          </span>
        )}
      </div>
      {delivery.tries.length > 0 && (
        <ol className={classes.tries}>
          {delivery.tries.map((attempt, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: tries only ever come at the end.
            <li key={index}>
              <span className={classes.when}>
                <Instant at={attempt.at} show="milliseconds" />
              </span>
              <span className="bw-figure">
                {attempt.status === null ? "no answer" : `status ${attempt.status}`}
              </span>
              <span className="bw-figure">{formatDuration(attempt.latencyMs)}</span>
              {attempt.error !== null && <span className={classes.error}>{attempt.error}</span>}
            </li>
          ))}
        </ol>
      )}
      <div className={classes.dedup}>
        de-duplication key <code>{delivery.dedupKey}</code>
      </div>
    </li>
  );
}
