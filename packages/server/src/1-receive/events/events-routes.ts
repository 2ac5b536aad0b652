/**
 * `POST /api/events`: run events in our own shape (protocol/run-event.ts). Receives one, an array, or one a line; hands
 * those that can be recorded to the intake in one batch; answers after the commit, with the reason for each that cannot.
 */
import {
  type CheckCron,
  type EventsResponse,
  type EventWarning,
  parseInstant,
  problemsText,
  type RejectedEvent,
  readRunEvent,
  SENT_AT_HEADER,
} from "@batchwatch/protocol";
import type { FastifyInstance } from "fastify";
import type { Clock } from "../../lib/clock.ts";
import { EMPTY_BATCH, type Intake } from "../../model/intake.ts";
import { normaliseRunEvent } from "../../model/normalise-run-event.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { SelfMetrics } from "../../self-monitoring/self-metrics.ts";
import { readEventsBody } from "./events-body.ts";

/** Of one event: enough to see what is wrong with its sender. */
const MOST_WARNINGS = 20;

export interface EventsRoutesParts {
  intake: Intake;
  clock: Clock;
  selfMetrics: SelfMetrics;
  maxPerRequest: number;
  bodyLimitBytes: number;
  checkCron: CheckCron;
}

export function registerEvents(app: FastifyInstance, parts: EventsRoutesParts): void {
  const stage = "receive_events";
  const meter = parts.selfMetrics.stage(stage);

  app.post(
    "/api/events",
    { config: { scope: "ingest", stage, bodyLimitBytes: parts.bodyLimitBytes } },
    async (request, reply) => {
      const begunAt = performance.now();
      const body = request.body as Buffer | undefined;
      const inputs = readEventsBody(body, parts.maxPerRequest);
      const sentAt = readSentAt(request.headers[SENT_AT_HEADER]);
      const read = readEvents(inputs, { namespace: request.principal.namespace, sentAt, ...parts });
      for (const { code } of read.rejected) meter.failed(code);
      if (read.events.length > 0)
        await parts.intake.submit({ ...EMPTY_BATCH, events: read.events, sizeBytes: body?.length ?? 0 });
      meter.done(performance.now() - begunAt, read.events.length);
      const response: EventsResponse = {
        accepted: read.events.length,
        rejected: read.rejected,
        ...(read.warnings.length === 0 ? {} : { warnings: read.warnings }),
      };
      return reply.header("cache-control", "no-store").send(response);
    },
  );
}

/** By the sender's clock; null where it says nothing that can be read. */
function readSentAt(header: string | string[] | undefined): number | null {
  if (typeof header !== "string") return null;
  try {
    return parseInstant(/^\d+$/.test(header) ? Number(header) : header);
  } catch {
    return null;
  }
}

/** Sorts a batch into what can be recorded and what cannot, each with its reason. */
export function readEvents(
  inputs: readonly unknown[],
  context: { clock: Clock; checkCron: CheckCron; namespace: string | null; sentAt?: number | null },
): { events: RunEvent[]; rejected: RejectedEvent[]; warnings: EventWarning[] } {
  const events: RunEvent[] = [];
  const warnings: EventWarning[] = [];
  const rejected: RejectedEvent[] = [];
  const now = context.clock.now();
  inputs.forEach((input, index) => {
    const reading = readRunEvent(input, now, context);
    if (!reading.ok) {
      rejected.push({ index, code: reading.code, message: problemsText(reading.problems) });
      return;
    }
    if (reading.event.witness === "batchwatch") {
      rejected.push({
        index,
        code: "invalid_event",
        message: "witness: only Batchwatch itself speaks as that",
      });
      return;
    }
    const { namespace, sentAt = null } = context;
    events.push(normaliseRunEvent(reading.event, { at: now, namespace, sentAt }));
    for (const { field, message } of reading.warnings.slice(0, MOST_WARNINGS))
      warnings.push({ index, field, message: `${message}; the event was recorded without it` });
  });
  return { events, rejected, warnings };
}
