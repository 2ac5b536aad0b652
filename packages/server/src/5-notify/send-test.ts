/**
 * A message to a receiver to see that it arrives: an alert that says it is a test, and its resolution right after, so that
 * nothing is left open at the receiver. Not in the outbox: whoever asks waits for the answer.
 */
import type { Clock } from "../lib/clock.ts";
import type { Alert } from "../model/alert.ts";
import type { DeliveryReason } from "../model/watch.ts";
import type { Notification, SendOutcome } from "./channel.ts";
import type { Receiver } from "./channel-registry.ts";
import { SEND_TIMEOUT_MS } from "./outbox.ts";

export interface TestStep {
  reason: "opened" | "resolved";
  delivered: boolean;
  status: number | null;
  error: string | null;
  latencyMs: number;
}

/** Stops at the first that is not delivered. */
export async function sendTest(receiver: Receiver, clock: Clock, publicUrl: string): Promise<TestStep[]> {
  const startsAt = clock.now();
  const steps: TestStep[] = [];
  let memory: unknown = null;
  for (const reason of ["opened", "resolved"] as const) {
    const begunAt = performance.now();
    const outcome = await sendOne(
      receiver,
      testMessage(receiver, { startsAt, reason, memory, clock, publicUrl }),
    );
    const delivered = outcome.kind === "delivered";
    if (delivered) memory = outcome.memory ?? memory;
    steps.push({
      reason,
      delivered,
      status: outcome.status,
      error: delivered ? (outcome.note ?? null) : outcome.error,
      latencyMs: Math.round(performance.now() - begunAt),
    });
    if (!delivered) break;
  }
  return steps;
}

async function sendOne(receiver: Receiver, notification: Notification): Promise<SendOutcome> {
  try {
    return await receiver.send(notification, AbortSignal.timeout(SEND_TIMEOUT_MS));
  } catch (error) {
    return { kind: "retry", status: null, error: String(error), retryAfterMs: null };
  }
}

interface TestParts {
  startsAt: number;
  reason: DeliveryReason;
  memory: unknown;
  clock: Clock;
  publicUrl: string;
}

function testMessage(
  { name }: Receiver,
  { startsAt, reason, memory, clock, publicUrl }: TestParts,
): Notification {
  const isOver = reason === "resolved";
  const alert: Alert = {
    status: isOver ? "resolved" : "firing",
    labels: { alertname: "BatchwatchTest", severity: "info", job_name: "test_message" },
    annotations: {
      summary: "Test message of Batchwatch",
      description: "Nothing is wrong.",
      ...(isOver ? { resolution: "The test is over." } : {}),
    },
    startsAt,
    endsAt: isOver ? clock.now() : null,
    severity: "info",
    facts: [
      {
        type: "test",
        explanation: `Nothing is wrong: somebody asked for a test of the receiver "${name}".`,
        limit: null,
        value: null,
      },
    ],
  };
  return {
    alert,
    others: [],
    groupLabels: null,
    dedupKey: `batchwatch/test/${name}/${new Date(startsAt).toISOString()}`,
    messageId: `test-${startsAt}-${reason}`,
    reason,
    receiver: name,
    incidentUrl: `${publicUrl}/incidents`,
    sentAt: clock.now(),
    memory,
  };
}
