/**
 * Pings over HTTP. Receives GET, HEAD, POST and any other method under `/ping/…`; hands one run event, with the body as its
 * message, to the intake; answers after the commit. Healthchecks' contract: texts, headers and status codes are
 * those its clients look for.
 */
import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
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
import { isRefusal, type Ping, parsePing } from "./parse-ping.ts";
import { type PingBody, readPingBody } from "./ping-body.ts";
import { pingEvent } from "./ping-event.ts";
import type { PingJobs } from "./ping-jobs.ts";

const MAX_USER_AGENT_CHARACTERS = 200;
/** An event without its text, roughly, in memory. */
const EVENT_BYTES = 1_000;
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

export interface PingRoutesParts {
  intake: Intake;
  jobs: PingJobs;
  access: AccessControl;
  clock: Clock;
  selfMetrics: SelfMetrics;
  bodyLimitBytes: number;
  /** A ping by an unknown slug makes its job even without `create=1`. */
  createJobs: boolean;
}

/** Registers `/ping/*` in a scope of its own. */
export async function registerPings(app: FastifyInstance, parts: PingRoutesParts): Promise<void> {
  const { selfMetrics } = parts;
  const meter = selfMetrics.stage("receive_ping");

  const plugin: FastifyPluginAsync = async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request: FastifyRequest, payload: Readable) =>
      readPingBody(payload, parts.bodyLimitBytes),
    );
    scope.addHook("onRequest", (request, reply, done) => {
      // Whatever it claims to be, a body is text to keep.
      delete request.headers["content-type"];
      reply.headers({
        "access-control-allow-origin": "*",
        "cache-control": "no-store",
        "ping-body-limit": String(parts.bodyLimitBytes),
      });
      done();
    });
    scope.setErrorHandler((error, request, reply) => {
      meter.failed(
        error instanceof HttpProblem
          ? error.code
          : error instanceof IntakeOverloadedError
            ? "overloaded"
            : "error",
      );
      return refuse(reply, error, request);
    });
    scope.options("/ping/*", { config: { scope: "own" } }, (_request, reply) =>
      reply.header("access-control-allow-methods", "GET, HEAD, POST").code(204).send(),
    );
    scope.route<{ Params: { "*": string }; Querystring: Record<string, string | string[] | undefined> }>({
      method: METHODS,
      exposeHeadRoute: false,
      url: "/ping/*",
      config: { scope: "own" },
      handler: async (request, reply) => {
        const begunAt = performance.now();
        const query = { rid: first(request.query.rid), create: first(request.query.create) };
        const ping = parsePing(request.params["*"], query);
        if (isRefusal(ping)) return answer(reply, ping.status, ping.text);
        const answered = await receive(request, ping, parts);
        meter.done(performance.now() - begunAt);
        return answer(reply, answered.status, answered.text);
      },
    });
  };
  await app.register(plugin);
}

type Answer = { status: number; text: string };

async function receive(request: FastifyRequest, ping: Ping, parts: PingRoutesParts): Promise<Answer> {
  const target = await findTarget(request, ping, parts);
  if ("status" in target) return target;
  const body = (request.body as PingBody | undefined) ?? null;
  const event = pingEvent(ping, target.job, body, {
    // Without dashes it is stored as its 16 bytes.
    eventId: randomUUID().replaceAll("-", ""),
    at: parts.clock.now(),
    userAgent: request.headers["user-agent"]?.slice(0, MAX_USER_AGENT_CHARACTERS) ?? null,
  });
  await parts.intake.submit({
    ...EMPTY_BATCH,
    events: [event],
    sizeBytes: EVENT_BYTES + (body?.text.length ?? 0),
  });
  return target.created ? { status: 201, text: "Created" } : { status: 200, text: "OK" };
}

async function findTarget(
  request: FastifyRequest,
  ping: Ping,
  parts: PingRoutesParts,
): Promise<{ job: JobKey; created: boolean } | Answer> {
  const { target } = ping;
  const notFound = { status: 404, text: "not found" };
  if (target.by === "uuid") {
    // The UUID is the secret: it is not to be guessed, and only those who may read see it.
    const job = await parts.jobs.byUuid(target.uuid);
    return job === null ? notFound : { job, created: false };
  }
  const principal = await principalOf(request, target.pingKey, parts.access);
  if (principal === null) return notFound;
  demand(principal, "ingest");
  const namespace = principal.namespace ?? "default";
  const found = await parts.jobs.bySlug(namespace, target.slug);
  switch (found.found) {
    case "one":
      return { job: found.job, created: false };
    case "several":
      return { status: 409, text: "ambiguous slug" };
    case "none":
      if (!(ping.create || parts.createJobs)) return notFound;
      return { job: { namespace, environment: "", jobName: target.slug }, created: true };
  }
}

/**
 * Whose key it is; null where nobody's. Where none is asked for, any word will do, except from a page of another site:
 * a picture's address must not be able to ping.
 */
async function principalOf(
  request: FastifyRequest,
  pingKey: string,
  access: AccessControl,
): Promise<Principal | null> {
  const secret = pingKey.startsWith(KEY_PREFIX) ? pingKey : secretFromHeaders(request.headers);
  if (secret === null) {
    if (access.required) return null;
    if (!isCrossSite(request)) return OPEN_PRINCIPAL;
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
    if (error instanceof HttpProblem && error.status === 401) return null;
    throw error;
  }
}

function answer(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type("text/plain; charset=utf-8").send(text);
}

/** In plain text, as everything here. What the client can mend is 4xx; for the rest trying again helps (5xx). */
function refuse(reply: FastifyReply, error: unknown, request: FastifyRequest): FastifyReply {
  if (error instanceof HttpProblem) return answer(reply.headers(error.headers), error.status, error.message);
  if (error instanceof IntakeOverloadedError)
    return answer(reply.header("retry-after", String(error.retryAfterSeconds)), 503, error.message);
  const status = (error as { statusCode?: unknown }).statusCode;
  if (typeof status === "number" && status < 500) return answer(reply, status, "invalid request");
  request.log.error({ err: error, requestId: request.id }, "a ping could not be recorded");
  return answer(
    reply.header("retry-after", "2"),
    503,
    `not recorded, try again; the server's log has the details under ${request.id}`,
  );
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
