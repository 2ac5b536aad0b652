/**
 * One ping, whatever its format: who sends it, which job is meant, one run event to the intake, and the answer after the
 * commit. Knows nothing of the HTTP server, so that the routes and the short way (lib/short-requests.ts) are one and the same.
 */
import { randomUUID } from "node:crypto";
import { type CheckCron, problemsText } from "@batchwatch/protocol";
import {
  type AccessControl,
  demand,
  OPEN_PRINCIPAL,
  type Principal,
  secretFromHeaders,
} from "../../access/access-control.ts";
import { KEY_PREFIX } from "../../access/api-keys.ts";
import { isCrossSite } from "../../access/http-access.ts";
import type { Clock } from "../../lib/clock.ts";
import { HttpProblem } from "../../lib/http-problem.ts";
import type { JobKey } from "../../model/identity.ts";
import { EMPTY_BATCH, type Intake, IntakeOverloadedError } from "../../model/intake.ts";
import type { SelfMetrics } from "../../self-monitoring/self-metrics.ts";
import { isRefusal, type PingCall, type PingFormat, type ReadPing } from "./ping-format.ts";
import type { PingJobs } from "./ping-jobs.ts";

const MAX_USER_AGENT_CHARACTERS = 200;
/** An event without its text, roughly, in memory. */
const EVENT_BYTES = 1_000;
const MAX_WARNING_CHARACTERS = 1_000;

export const PING_STAGE = "receive_ping";

export interface PingReceiverParts {
  intake: Intake;
  jobs: PingJobs;
  access: AccessControl;
  clock: Clock;
  selfMetrics: SelfMetrics;
  checkCron: CheckCron;
  /** A ping by an unknown slug makes its job even without `create=1`. */
  createJobs: boolean;
}

export interface PingAnswer {
  status: number;
  /** Plain text, without the line's end. */
  text: string;
  headers?: Readonly<Record<string, string>>;
  /** Of a refusal: what it is counted under. */
  code?: string;
}

export type ReceivePing = (format: PingFormat, call: PingCall) => Promise<PingAnswer>;

/** @throws what `refusalOf` turns into an answer. */
export function createPingReceiver(parts: PingReceiverParts): ReceivePing {
  const meter = parts.selfMetrics.stage(PING_STAGE);
  return async (format, call) => {
    const begunAt = performance.now();
    const ping = format.read(call, parts.checkCron);
    if (isRefusal(ping))
      return { ...ping, code: ping.text.replaceAll(" ", "_").split(":", 1)[0] ?? "invalid" };
    const target = await findTarget(call, ping, parts);
    if ("status" in target) return target;
    const { event, warnings } = ping.event(target.job, {
      at: parts.clock.now(),
      unique: randomUUID().replaceAll("-", ""),
      userAgent: call.headers["user-agent"]?.slice(0, MAX_USER_AGENT_CHARACTERS) ?? null,
    });
    const sizeBytes = EVENT_BYTES + (event.message?.length ?? 0);
    await parts.intake.submit({ ...EMPTY_BATCH, events: [event], sizeBytes });
    meter.done(performance.now() - begunAt);
    const answer = format.answer(target.created);
    return warnings.length === 0
      ? answer
      : { ...answer, headers: { "batchwatch-warning": headerText(problemsText(warnings)) } };
  };
}

/** In plain text, as everything here. What the client can mend is 4xx; for the rest trying again helps (5xx): null. */
export function refusalOf(error: unknown): PingAnswer | null {
  if (error instanceof HttpProblem)
    return { status: error.status, text: error.message, headers: error.headers, code: error.code };
  if (error instanceof IntakeOverloadedError)
    return {
      status: 503,
      text: error.message,
      headers: { "retry-after": String(error.retryAfterSeconds) },
      code: "overloaded",
    };
  const status = (error as { statusCode?: unknown }).statusCode;
  return typeof status === "number" && status < 500
    ? { status, text: "invalid request", code: "malformed" }
    : null;
}

/** One line of printable ASCII. */
function headerText(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, (other) => (other.includes("\n") ? "; " : "?"))
    .slice(0, MAX_WARNING_CHARACTERS);
}

type Found = { job: JobKey; created: boolean };

const NOT_FOUND: PingAnswer = { status: 404, text: "not found", code: "not_found" };
/** Healthchecks' words first: its clients look for them. The same whether the job exists or not. */
const KEY_NEEDED: PingAnswer = {
  status: 404,
  text: "not found: this server asks for a key; put it where the address has its first word, or send it as a header. On the server: batchwatch keys create --scope ingest",
  code: "key_needed",
};
const KEY_UNKNOWN: PingAnswer = {
  status: 404,
  text: "not found: this key is not known here, or was revoked. On the server, batchwatch keys list shows the keys",
  code: "key_unknown",
};

async function findTarget(
  call: PingCall,
  { target, create }: ReadPing,
  parts: PingReceiverParts,
): Promise<Found | PingAnswer> {
  if (target.by === "uuid") {
    // The UUID is the secret: it is not to be guessed, and only those who may read see it.
    const job = await parts.jobs.byUuid(target.uuid);
    return job === null ? NOT_FOUND : { job, created: false };
  }
  const principal = await principalOf(call, target.pingKey, parts.access);
  if ("status" in principal) return principal;
  demand(principal, "ingest");
  const namespace = principal.namespace ?? "default";
  const { slug } = target;
  const environment = target.environment ?? "";
  const found =
    environment === ""
      ? await parts.jobs.bySlug(namespace, slug)
      : await parts.jobs.byName({ namespace, environment, jobName: slug });
  switch (found.found) {
    case "one":
      return { job: found.job, created: false };
    case "several":
      return { status: 409, text: "ambiguous slug", code: "ambiguous_slug" };
    case "none":
      if (!(create || parts.createJobs)) return NOT_FOUND;
      return { job: { namespace, environment, jobName: slug }, created: true };
  }
}

/**
 * Whose key it is, or why nobody's. Where none is asked for, any word will do, except from a page of another site:
 * a picture's address must not be able to ping.
 */
async function principalOf(
  { headers }: PingCall,
  pingKey: string,
  access: AccessControl,
): Promise<Principal | PingAnswer> {
  const secret = pingKey.startsWith(KEY_PREFIX) ? pingKey : secretFromHeaders(headers);
  if (secret === null) {
    if (access.required) return KEY_NEEDED;
    if (!isCrossSite(headers)) return OPEN_PRINCIPAL;
    throw new HttpProblem(
      403,
      "origin_not_allowed",
      "Forbidden",
      "forbidden: a page of another site may ping by UUID only",
    );
  }
  const recalled = access.recall(secret);
  if (recalled !== undefined) return recalled;
  try {
    return await access.authenticate(secret);
  } catch (error) {
    if (error instanceof HttpProblem && error.status === 401) return KEY_UNKNOWN;
    throw error;
  }
}
