/**
 * The HTTP server that everything shares: web page, API, OTLP, pings. Receives the configuration and the door
 * (access/); hands on a Fastify instance on which stages register their routes. Limits and timeouts stand here.
 */

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Config } from "@batchwatch/protocol";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { Logger } from "pino";
import type { AccessControl } from "../access/access-control.ts";
import { registerHttpAccess } from "../access/http-access.ts";
import { registerRawBodies } from "../lib/http-bodies.ts";
import { countRefusal, countRequestRefusal } from "../self-monitoring/request-failures.ts";
import type { SelfMetrics } from "../self-monitoring/self-metrics.ts";
import { answerUnreadable, registerErrors, sendProblem, toProblem } from "./http-errors.ts";
import { collectKnownMethods } from "./known-methods.ts";
import { registerShortWays } from "./short-way.ts";

const MAX_HEADER_BYTES = 32 * 1024;
/** A client that sends its headers or its body more slowly than this is cut off. */
const HEADERS_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 120_000;
/** Longer than the 60 s after which common proxies close their side, so that they never send into a closed one. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const CLOSE_SWEEP_MS = 50;
/** Job names have up to 200 characters, each up to 12 bytes when escaped. */
const MAX_PATH_PART_LENGTH = 2_400;

export interface HttpServerParts {
  http: Config["http"];
  access: AccessControl;
  log: Logger;
  selfMetrics: SelfMetrics;
}

/** @throws TlsFilesError when certificate or key cannot be read. */
export function createHttpServer(parts: HttpServerParts): FastifyInstance {
  const { http, access, log, selfMetrics } = parts;
  const options = {
    loggerInstance: withoutFastifysNews(log),
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: "idle" as const,
    genReqId: newRequestId(),
    // A logger for each request would be made whether anything is logged or not; what is logged names the request itself.
    childLoggerFactory: (logger: FastifyBaseLogger) => logger,
    routerOptions: { maxParamLength: MAX_PATH_PART_LENGTH },
    clientErrorHandler: answerUnreadable,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      void sendProblem(reply, toProblem(error, request), request.url);
    },
  };
  const limits = { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS };
  const app: FastifyInstance =
    http.tls === undefined
      ? Fastify({ ...options, http: limits })
      : (Fastify({
          ...options,
          https: { ...limits, ...readTlsFiles(http.tls) },
        }) as unknown as FastifyInstance);

  const problemFor = collectKnownMethods(app);
  registerErrors(app);
  registerRawBodies(app);
  app.addHook("onRequest", (_request, reply, done) => {
    reply.header("x-content-type-options", "nosniff");
    done();
  });
  const isPlain = registerHttpAccess(app, {
    access,
    allowedHosts: [...http.allowedHosts, http.host],
    allowedOrigins: http.allowedOrigins,
    publicUrl: http.publicUrl ?? null,
  });
  const count = countRequests(app, selfMetrics);
  const isClosing = closeGracefully(app);
  registerShortWays(app, {
    isPlain,
    isClosing,
    count,
    countRefusal: (stage, code, status) => countRefusal(selfMetrics, stage, code, status),
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, problemFor(request.url.split("?", 1)[0] ?? "", request.method), request.url),
  );
  registerPreflight(app, http.allowedOrigins);
  return app;
}

/**
 * Fastify tells at level info that it listens, before the other ports are ours and the start is sure. Where the server is,
 * is told once, by who started it.
 */
function withoutFastifysNews(log: Logger): FastifyBaseLogger {
  return log.child({}, { level: log.isLevelEnabled("warn") ? "warn" : log.level }) as FastifyBaseLogger;
}

/** Names a request in the log: a random beginning for each process, then a number. Random bytes for each cost too much. */
function newRequestId(): () => string {
  const beginning = randomBytes(4).toString("hex");
  let count = 0;
  return () => {
    count += 1;
    return `${beginning}-${count.toString(36)}`;
  };
}

export class TlsFilesError extends Error {
  readonly code = "TLS_FILES";
}

/** Certificate and key, as `tls.createSecureContext` takes them. */
export function readTlsFiles(tls: NonNullable<Config["http"]["tls"]>): { cert: Buffer; key: Buffer } {
  const read = (option: string, file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new TlsFilesError(`${option}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return { cert: read("http.tls.certFile", tls.certFile), key: read("http.tls.keyFile", tls.keyFile) };
}

function countRequests(
  app: FastifyInstance,
  selfMetrics: SelfMetrics,
): (route: string, status: number) => void {
  /** By route, then by status: as many as there are routes. */
  const counters = new Map<string, Map<number, () => void>>();
  const count = (route: string, statusCode: number): void => {
    const ofRoute = counters.get(route) ?? new Map<number, () => void>();
    counters.set(route, ofRoute);
    const add =
      ofRoute.get(statusCode) ??
      selfMetrics.counter("http_requests", "Requests answered, by route and status.", {
        route,
        status: String(statusCode),
      });
    ofRoute.set(statusCode, add);
    add();
  };
  app.decorateRequest("failureCode", null);
  app.addHook("onResponse", (request, { statusCode }, done) => {
    count(request.is404 ? "none" : (request.routeOptions.url ?? "none"), statusCode);
    if (statusCode >= 400) countRequestRefusal(selfMetrics, request, statusCode);
    done();
  });
  return count;
}

/**
 * While closing: what is open is answered, each connection ends with its answer, and one that has nothing more to answer
 * is not waited for (a keep-alive connection would hold the stop up until its timeout).
 */
function closeGracefully(app: FastifyInstance): () => boolean {
  let closing = false;
  app.addHook("preClose", (done) => {
    closing = true;
    const sweep = setInterval(() => app.server.closeIdleConnections(), CLOSE_SWEEP_MS);
    app.server.once("close", () => clearInterval(sweep));
    sweep.unref();
    done();
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (closing) reply.header("connection", "close");
    done(null, payload);
  });
  return () => closing;
}

/** CORS preflight, for the configured origins only. */
function registerPreflight(app: FastifyInstance, allowedOrigins: readonly string[]): void {
  if (allowedOrigins.length === 0) return;
  app.options("/*", { config: { scope: "public", catchAll: true } }, (request, reply) => {
    if (reply.getHeader("access-control-allow-origin") !== undefined)
      reply.headers({
        "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
        "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "content-type",
        "access-control-max-age": "600",
      });
    return reply.code(204).send();
  });
}
