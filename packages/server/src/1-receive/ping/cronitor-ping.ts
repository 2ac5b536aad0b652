/**
 * Cronitor's telemetry: `/p/<key>/<monitor>?state=run|complete|fail|ok`, and the older `/ping/<key>/<monitor>?state=…`. Without a
 * state it is a heartbeat. `series` names the run; counts, durations and the message come along.
 */
import { type FieldProblem, whyNoName, whyNotPlausible } from "@batchwatch/protocol";
import { checkInEvent } from "./check-in-event.ts";
import {
  allOf,
  firstOf,
  numberIn,
  type PingCall,
  type PingFormat,
  type PingQuery,
  type PingTarget,
  partsOf,
} from "./ping-format.ts";

const KINDS: Readonly<Record<string, string>> = {
  run: "started",
  complete: "completed",
  ok: "completed",
  fail: "failed",
};
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const SENT_AS: Readonly<Record<string, string>> = {
  runId: "series",
  "records.processed": "metric=count",
  "records.failed": "metric=error_count",
  durationMs: "duration",
  exitCode: "status_code",
  at: "stamp",
  environment: "env",
  "job.schedule": "schedule",
};

export const cronitorPing: PingFormat = {
  read(call, checkCron) {
    const { query } = call;
    const target = targetOf(call);
    if (target === null) return { status: 404, text: "not found" };
    const kind = kindOf(firstOf(query, "state"));
    if (kind === null) return { status: 400, text: "invalid state: send run, complete, fail or ok" };
    const series = firstOf(query, "series");
    const whyNoSeries = series === undefined ? null : whyNoName(series);
    if (whyNoSeries !== null) return { status: 400, text: `series: ${whyNoSeries}` };
    return {
      target,
      create: false,
      event(job, receipt) {
        const at = stampOf(firstOf(query, "stamp"), receipt.at);
        const checkIn = {
          client: call.client,
          sentAs: SENT_AS,
          input: { ...inputOf(call, kind), ...at.said },
        };
        const { event, warnings } = checkInEvent(checkIn, job, receipt, checkCron);
        return { event, warnings: [...at.warnings, ...warnings] };
      },
    };
  },
  answer: () => ({ status: 200, text: "OK" }),
};

function targetOf({ path, query }: PingCall): PingTarget | null {
  const [first = "", name, ...more] = partsOf(path) ?? [];
  if (more.length > 0 || first === "") return null;
  if (name === undefined) return UUID.test(first) ? { by: "uuid", uuid: first.toLowerCase() } : null;
  if (name.trim() === "" || whyNoName(name) !== null) return null;
  const environment = firstOf(query, "env") ?? "";
  if (whyNoName(environment) !== null) return null;
  return { by: "slug", pingKey: first, slug: name.trim(), environment: environment.trim() };
}

function kindOf(state: string | undefined): string | null {
  if (state === undefined || state === "") return "heartbeat";
  return KINDS[state.toLowerCase()] ?? null;
}

/** `stamp` is in unix seconds; one that cannot be true is not believed, and the time of receipt stands in for it. */
function stampOf(
  stamp: string | undefined,
  now: number,
): { said: { at?: number }; warnings: FieldProblem[] } {
  if (stamp === undefined) return { said: {}, warnings: [] };
  const at = Math.round(Number(stamp) * 1000);
  const why = Number.isFinite(at) ? whyNotPlausible(at, now) : "must be a time in unix seconds";
  return why === null
    ? { said: { at }, warnings: [] }
    : { said: {}, warnings: [{ field: "stamp", message: why }] };
}

function inputOf({ query, body }: PingCall, kind: string): Record<string, unknown> {
  const metrics = metricsOf(query);
  const message = firstOf(query, "message", "msg") ?? (body?.text || undefined);
  const durationSeconds = numberIn(metrics.get("duration") ?? firstOf(query, "duration"));
  const schedule = firstOf(query, "schedule");
  return {
    kind,
    runId: firstOf(query, "series") || undefined,
    records: records(numberIn(metrics.get("count")), numberIn(metrics.get("error_count"))),
    durationMs: typeof durationSeconds === "number" ? durationSeconds * 1000 : durationSeconds,
    exitCode: numberIn(firstOf(query, "status_code")),
    host: firstOf(query, "host") || undefined,
    output: message,
    ...(kind === "failed" && message !== undefined ? { error: { message } } : {}),
    ...(schedule ? { job: { schedule } } : {}),
  };
}

/** `metric=count:12`, repeated; the last of each name counts. */
function metricsOf(query: PingQuery): Map<string, string> {
  return new Map(
    allOf(query, "metric").map((text) => {
      const [name = "", ...value] = text.split(":");
      return [name, value.join(":")];
    }),
  );
}

function records(processed: unknown, failed: unknown): Record<string, unknown> | undefined {
  if (processed === undefined && failed === undefined) return undefined;
  return {
    ...(processed === undefined ? {} : { processed }),
    ...(failed === undefined ? {} : { failed }),
  };
}
