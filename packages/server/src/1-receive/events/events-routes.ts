/**
 * `POST /api/events`: run events in our own shape (protocol/run-event.ts). Receives one, an array, or one a line; hands
 * those that can be recorded to the intake in one batch; answers after the commit, with the reason for each that cannot.
 */
import {
  type CheckCron,
  type EventsResponse,
  problemsText,
  type RejectedEvent,
  readRunEvent,
} from "@batchwatch/protocol";
import type { FastifyInstance } from "fastify";
import type { Clock } from "../../lib/clock.ts";
import { EMPTY_BATCH, type Intake } from "../../model/intake.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { SelfMetrics } from "../../self-monitoring/self-metrics.ts";
import { readEventsBody } from "./events-body.ts";
import { normaliseRunEvent } from "./normalise-run-event.ts";

export interface EventsRoutesParts {
  intake: Intake;
  clock: Clock;
  selfMetrics: SelfMetrics;
  maxPerRequest: number;
  bodyLimitBytes: number;
  checkCron: CheckCron;
}

export function registerEvents(app: FastifyInstance, parts: EventsRoutesParts): void {
  const meter = parts.selfMetrics.stage("receive_events");

  app.post(
    "/api/events",
    { config: { scope: "ingest", bodyLimitBytes: parts.bodyLimitBytes } },
    async (request, reply) => {
      const begunAt = performance.now();
      const body = request.body as Buffer | undefined;
      const inputs = readEventsBody(body, parts.maxPerRequest);
      const read = readEvents(inputs, { namespace: request.principal.namespace, ...parts });
      for (const { code } of read.rejected) meter.failed(code);
      if (read.events.length > 0)
        await parts.intake.submit({ ...EMPTY_BATCH, events: read.events, sizeBytes: body?.length ?? 0 });
      meter.done(performance.now() - begunAt, read.events.length);
      const response: EventsResponse = { accepted: read.events.length, rejected: read.rejected };
      return reply.header("cache-control", "no-store").send(response);
    },
  );
}

/** Sorts a batch into what can be recorded and what cannot, each with its reason. */
export function readEvents(
  inputs: readonly unknown[],
  context: { clock: Clock; checkCron: CheckCron; namespace: string | null },
): { events: RunEvent[]; rejected: RejectedEvent[] } {
  const events: RunEvent[] = [];
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
    events.push(normaliseRunEvent(reading.event, { at: now, namespace: context.namespace }));
  });
  return { events, rejected };
}
