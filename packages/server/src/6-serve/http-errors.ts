/**
 * Every refusal of the HTTP server as RFC 9457 problem details. Receives whatever was thrown on a request's way; hands
 * on a status, a stable code, what happened and what to do. An unexpected error gives an id that is in the log, and
 * nothing else of itself.
 */

import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { HttpProblem, problemBody } from "../lib/http-problem.ts";
import { IntakeOverloadedError } from "../model/intake.ts";

const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

export function registerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error, request);
    return sendProblem(reply, problem, request.url);
  });
}

export function sendProblem(reply: FastifyReply, problem: HttpProblem, instance: string): FastifyReply {
  reply.request.failureCode = problem.code;
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type(PROBLEM_TYPE)
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problemBody(problem, withoutQuery(instance)));
}

/** Query strings can hold secrets. */
function withoutQuery(url: string): string {
  return url.split("?", 1)[0]?.slice(0, 300) ?? "";
}

/** The problem of anything thrown. What is unexpected is logged here, under the id that the client gets. */
export function toProblem(error: unknown, request: FastifyRequest): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof IntakeOverloadedError)
    return new HttpProblem(503, "overloaded", "More than can be stored right now", error.message, {
      headers: { "retry-after": String(error.retryAfterSeconds) },
    });
  if (isRetryable(error)) {
    request.log.error({ err: error, requestId: request.id }, "storage could not answer a request");
    return new HttpProblem(503, "storage_unavailable", "Storage cannot answer right now", messageOf(error), {
      headers: { "retry-after": "5" },
    });
  }
  const known = error instanceof Error ? ofFastify(error as FastifyError) : null;
  if (known !== null) return known;
  request.log.error(
    { err: error, requestId: request.id, route: request.routeOptions.url },
    "a request failed",
  );
  return new HttpProblem(
    500,
    "internal_error",
    "Batchwatch failed",
    `Something went wrong on the server. Its log has the details under the id ${request.id}. The same request may work later.`,
  );
}

/** Storage's errors, and those of an intake that is stopping, say so of themselves. */
function isRetryable(error: unknown): boolean {
  return typeof error === "object" && error !== null && "retryable" in error && error.retryable === true;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function ofFastify(error: FastifyError): HttpProblem | null {
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new HttpProblem(413, "body_too_large", "The body is too large", error.message);
    case "FST_ERR_BAD_URL":
      return new HttpProblem(
        400,
        "invalid_url",
        "The address is not valid",
        "The path holds a broken %-escape.",
      );
    case "FST_ERR_MAX_LIMIT_PARAM":
    case "FST_ERR_PARAM_TOO_LONG":
      return new HttpProblem(
        414,
        "url_too_long",
        "The address is too long",
        "A part of the path is too long.",
      );
    case "FST_ERR_VALIDATION":
      return new HttpProblem(400, "invalid_request", "The request is not valid", error.message, {
        errors: (error.validation ?? []).map((item) => ({
          field: [error.validationContext, ...item.instancePath.split("/").filter(Boolean)].join("."),
          message: item.message ?? "is not valid",
        })),
      });
    default:
      return isClientError(error)
        ? new HttpProblem(
            error.statusCode ?? 400,
            "invalid_request",
            "The request is not valid",
            error.message,
          )
        : null;
  }
}

function isClientError(error: FastifyError): boolean {
  if (error.code === "ECONNRESET" || error.code === "ERR_STREAM_PREMATURE_CLOSE") return true;
  return error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500;
}

/** What cannot even be read as HTTP: answered on the bare socket, which is then closed. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  const [status, code, title] = UNREADABLE[error.code ?? ""] ?? UNREADABLE_DEFAULT;
  const body = JSON.stringify(problemBody(new HttpProblem(status, code, title, `${title}.`)));
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

const UNREADABLE_DEFAULT = [400, "malformed_http", "Not readable as HTTP"] as const;
const UNREADABLE: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, "headers_too_large", "Request headers too large"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "request_timeout", "The request took too long to arrive"],
};
