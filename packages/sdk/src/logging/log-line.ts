/** A line that the job wrote, sent on as a line of the run around it. Outside any run nothing is sent. */

import { cleanText, cutText } from "@batchwatch/protocol/cut-text";
import { ATTRIBUTES } from "@batchwatch/protocol/names";
import { context, trace } from "@opentelemetry/api";
import { guarded } from "../run/guarded.ts";
import { hub } from "../run/hub.ts";
import { type PlainValue, plainValues } from "../run/plain-values.ts";
import { type EmittedLine, emitLine } from "../telemetry/emit-run-event.ts";

const MAX_LINE_BYTES = 16_384;
/** Says that the run lives, whatever the line's words are. */
const LINE = "batch.run.log";

let isSending = false;

export function sendLine(severity: EmittedLine["severity"], body: string, fields: unknown = {}): void {
  const scope = hub.scopes.getStore();
  // A listener of ours that logs would log for ever.
  if (scope === undefined || isSending) return;
  isSending = true;
  guarded(
    "a log line",
    () => {
      const own: Record<string, PlainValue> = plainValues(fields, "a log line");
      const active = context.active();
      emitLine({
        eventName: LINE,
        severity,
        body: cutText(cleanText(body), MAX_LINE_BYTES).text,
        attributes: {
          ...own,
          ...scope.run.identity(),
          [ATTRIBUTES.jobId]: scope.run.runId,
        },
        context: trace.getSpan(active) === undefined ? scope.context : active,
      });
    },
    undefined,
  );
  isSending = false;
}
