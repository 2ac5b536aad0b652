/**
 * A check-in that says more than a ping (counts, a duration, settings of its job) as a run event. It is read like an event of
 * `POST /api/events`: what is wrong beside the outcome is left out and told of, in the sender's own names.
 */
import { type CheckCron, type FieldProblem, problemsText, readRunEvent } from "@batchwatch/protocol";
import { HttpProblem } from "../../lib/http-problem.ts";
import type { JobKey } from "../../model/identity.ts";
import { normaliseRunEvent } from "../../model/normalise-run-event.ts";
import { repeatableEventId } from "../../model/repeated-event.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { PingReceipt } from "./ping-format.ts";

export interface CheckIn {
  /** In the shape of `POST /api/events`, unchecked, without its job. */
  input: Readonly<Record<string, unknown>>;
  client: string;
  /** Field of the event → what the sender calls it. */
  sentAs: Readonly<Record<string, string>>;
}

/** @throws HttpProblem 400 when even the outcome cannot be told. */
export function checkInEvent(
  { input, client, sentAs }: CheckIn,
  job: JobKey,
  { at, unique, userAgent }: PingReceipt,
  checkCron: CheckCron,
): { event: RunEvent; warnings: readonly FieldProblem[] } {
  const reading = readRunEvent({ ...input, ...job, witness: "ping" }, at, { checkCron });
  if (!reading.ok)
    throw new HttpProblem(
      400,
      reading.code,
      "Not a check-in",
      problemsText(reading.problems.map(named(sentAs))),
    );
  const event = normaliseRunEvent(reading.event, { at, namespace: job.namespace });
  const eventId =
    reading.event.at === undefined
      ? repeatableEventId(JSON.stringify([input, client, userAgent]), unique)
      : event.eventId;
  const metadata = { ...event.metadata, ...(userAgent === null ? {} : { user_agent: userAgent }) };
  return {
    event: { ...event, eventId, ...(Object.keys(metadata).length === 0 ? {} : { metadata }) },
    warnings: reading.warnings.map(named(sentAs)),
  };
}

function named(sentAs: CheckIn["sentAs"]): (problem: FieldProblem) => FieldProblem {
  return ({ field, message }) => ({ field: sentAs[field] ?? field, message });
}
