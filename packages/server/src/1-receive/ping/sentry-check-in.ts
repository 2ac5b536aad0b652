/**
 * Sentry's cron check-ins: `/api/<project>/cron/<slug>/<public key>/`, GET with a query or POST with JSON;
 * `status=in_progress|ok|error`. `check_in_id` names the run; `monitor_config` declares the job. Answered with 202.
 */
import { whyNoName } from "@batchwatch/protocol";
import { checkInEvent } from "./check-in-event.ts";
import {
  firstOf,
  numberIn,
  type PingCall,
  type PingFormat,
  type PingRefusal,
  partsOf,
} from "./ping-format.ts";

const KINDS: Readonly<Record<string, string>> = { in_progress: "started", ok: "completed", error: "failed" };
const CHECK_IN_ID = /^[0-9a-f]{32}$/;
/** Means "the latest that is open". */
const NO_ID = "0".repeat(32);

const SENT_AS: Readonly<Record<string, string>> = {
  runId: "check_in_id",
  durationMs: "duration",
  traceId: "contexts.trace.trace_id",
  "metadata.release": "release",
  "job.schedule": "monitor_config.schedule",
  "job.schedule.cron": "monitor_config.schedule.value",
  "job.schedule.every": "monitor_config.schedule",
  "job.schedule.timezone": "monitor_config.timezone",
  "job.schedule.lateWindow": "monitor_config.checkin_margin",
  "job.sla.maxDuration": "monitor_config.max_runtime",
  "job.alert.after": "monitor_config.failure_issue_threshold",
  "job.resolve.after": "monitor_config.recovery_threshold",
  "job.owner": "monitor_config.owner",
};

type Fields = Readonly<Record<string, unknown>>;

export const sentryCheckIn: PingFormat = {
  read(call, checkCron) {
    const [slug = "", pingKey = "", ...more] = partsOf(call.path) ?? [];
    if (slug.trim() === "" || pingKey === "" || more.length > 0 || whyNoName(slug) !== null)
      return { status: 404, text: "not found" };
    const fields = fieldsOf(call);
    if (fields === null) return { status: 400, text: "the body is no JSON object" };
    const kind = KINDS[String(fields.status)];
    if (kind === undefined) return { status: 400, text: "invalid status: send in_progress, ok or error" };
    const runId = runIdOf(fields.check_in_id);
    if (typeof runId === "object" && runId !== null) return runId;
    const environment = (textOf(fields.environment) ?? "").trim();
    const whyNoEnvironment = whyNoName(environment);
    if (whyNoEnvironment !== null) return { status: 400, text: `environment: ${whyNoEnvironment}` };
    const input = { ...inputOf(fields, kind), ...(runId === null ? {} : { runId }) };
    return {
      target: { by: "slug", pingKey, slug: slug.trim(), environment },
      create: fields.monitor_config !== undefined,
      event: (job, receipt) =>
        checkInEvent({ input, client: call.client, sentAs: SENT_AS }, job, receipt, checkCron),
    };
  },
  answer: () => ({ status: 202, text: "" }),
};

/** JSON where there is a body, else the query; null where the body is neither. */
function fieldsOf({ query, body }: PingCall): Fields | null {
  const asked = Object.fromEntries(Object.keys(query).map((name) => [name, firstOf(query, name)]));
  if (body === null || body.text.trim() === "") return asked;
  try {
    const value: unknown = JSON.parse(body.text);
    return isFields(value) ? { ...asked, ...value } : null;
  } catch {
    return null;
  }
}

function runIdOf(value: unknown): string | null | PingRefusal {
  if (value === undefined || value === null || value === "") return null;
  const digits = String(value).toLowerCase().replaceAll("-", "");
  if (digits === NO_ID) return null;
  if (!CHECK_IN_ID.test(digits)) return { status: 400, text: "check_in_id: must be a UUID" };
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function inputOf(fields: Fields, kind: string): Fields {
  const seconds = numberOf(fields.duration);
  const config = fields.monitor_config;
  return {
    kind,
    durationMs: typeof seconds === "number" ? seconds * 1000 : seconds,
    traceId: traceIdOf(fields.contexts),
    ...(fields.release === undefined ? {} : { metadata: { release: fields.release } }),
    ...(isFields(config) ? { job: settingsOf(config) } : {}),
  };
}

function traceIdOf(contexts: unknown): unknown {
  const trace = isFields(contexts) ? contexts.trace : undefined;
  return isFields(trace) ? trace.trace_id : undefined;
}

/** Lengths are in minutes, thresholds in check-ins one after the other. */
function settingsOf(config: Fields): Fields {
  const schedule = isFields(config.schedule) ? config.schedule : undefined;
  const failures = numberOf(config.failure_issue_threshold);
  const successes = numberOf(config.recovery_threshold);
  return {
    ...(schedule === undefined ? {} : { schedule: scheduleOf(schedule, config) }),
    ...(isSaid(config.max_runtime) ? { sla: { maxDuration: minutes(config.max_runtime) } } : {}),
    ...(isSaid(failures) ? { alert: { after: failures, of: failures } } : {}),
    ...(isSaid(successes) ? { resolve: { after: successes } } : {}),
    ...(isSaid(config.owner) ? { owner: config.owner } : {}),
  };
}

function scheduleOf(schedule: Fields, config: Fields): Fields {
  const when =
    schedule.type === "interval"
      ? { every: intervalOf(numberOf(schedule.value), schedule.unit) }
      : { cron: schedule.value };
  return {
    ...when,
    ...(isSaid(config.timezone) ? { timezone: config.timezone } : {}),
    ...(isSaid(config.checkin_margin) ? { lateWindow: minutes(config.checkin_margin) } : {}),
  };
}

/** Lengths of time have no months. */
const DAYS: Readonly<Record<string, number>> = { month: 30, year: 365 };

function intervalOf(value: unknown, unit: unknown): string {
  const days = DAYS[String(unit)];
  return days !== undefined && typeof value === "number"
    ? `${value * days}d`
    : `${String(value)} ${String(unit)}`;
}

function minutes(value: unknown): unknown {
  const count = numberOf(value);
  return typeof count === "number" ? `${count}m` : value;
}

function numberOf(value: unknown): unknown {
  return typeof value === "string" ? numberIn(value) : (value ?? undefined);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
