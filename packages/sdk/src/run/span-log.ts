/** Events inside a span, told twice: on the span, and as a line of the run's log. Bounded: a job may fail a million records. */
import type { Attributes, Context, Span } from "@opentelemetry/api";
import { emitLine } from "../telemetry/emit-run-event.ts";
import { exceptionAttributes } from "../telemetry/run-attributes.ts";
import { errorFactOf } from "./error-fact.ts";
import { warnOnce } from "./guarded.ts";
import { plainText, plainValues } from "./plain-values.ts";

/** A line of this name says that the run lives, whatever its words and attributes are. */
const LINE = "batch.run.log";
const MOST_FAILED_RECORDS = 20;
const MOST_EVENTS = 1_000;

export class SpanLog {
  readonly #identity: () => Attributes;
  #failedRecords = 0;
  #events = 0;

  constructor(identity: () => Attributes) {
    this.#identity = identity;
  }

  event(span: Span, context: Context, name: unknown, given: unknown): void {
    if (++this.#events > MOST_EVENTS) {
      warnOnce(`a run has more than ${MOST_EVENTS} events; the first ones are kept`);
      return;
    }
    const title = plainText(name).slice(0, 200);
    const attributes = plainValues(given, "an event's attributes");
    span.addEvent(title, attributes);
    emitLine({
      eventName: LINE,
      body: title,
      severity: "info",
      attributes: { ...attributes, ...this.#identity(), "batch.event.name": title },
      context,
    });
  }

  failedRecord(span: Span, context: Context, error: unknown, recordId: unknown): void {
    if (++this.#failedRecords > MOST_FAILED_RECORDS) return;
    const told = error === undefined ? { message: "a record failed" } : errorFactOf(error);
    const attributes = {
      ...exceptionAttributes(told),
      ...(recordId !== undefined && { "batch.record.id": plainText(recordId).slice(0, 200) }),
    };
    span.addEvent("batch.record.failed", attributes);
    emitLine({
      eventName: LINE,
      body: `A record failed: ${told.message}`,
      severity: "warn",
      attributes: { ...attributes, ...this.#identity() },
      context,
    });
  }
}
