/**
 * Refusals in Prometheus's shape: `{"status":"error","errorType":…,"error":…}`. Receives whatever was thrown on the way
 * of a request to this API; hands on type, text and HTTP status (PROMETHEUS HTTP API, "Format overview").
 */
import { QueryError } from "@batchwatch/promql";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { HttpProblem } from "../../lib/http-problem.ts";
import { toProblem } from "../http-errors.ts";

export type ErrorType =
  | "bad_data"
  | "execution"
  | "canceled"
  | "timeout"
  | "internal"
  | "unavailable"
  | "not_found"
  | "unauthorized";

const STATUS: Readonly<Record<ErrorType, number>> = {
  bad_data: 400,
  unauthorized: 401,
  execution: 422,
  canceled: 499,
  timeout: 503,
  internal: 500,
  unavailable: 503,
  not_found: 404,
};

export class PrometheusError extends Error {
  override readonly name = "PrometheusError";
  readonly errorType: ErrorType;

  constructor(errorType: ErrorType, message: string) {
    super(message);
    this.errorType = errorType;
  }

  /** A wrong parameter, in Prometheus's words. */
  static parameter(name: string, why: string): PrometheusError {
    return new PrometheusError("bad_data", `invalid parameter "${name}": ${why}`);
  }

  /** What is wrong with the text of a query is a wrong parameter; anything else stays as it is. */
  static ofQuery(name: string, error: unknown): unknown {
    return error instanceof QueryError && error.kind === "bad_data"
      ? PrometheusError.parameter(name, error.message)
      : error;
  }
}

export function sendPrometheusError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { errorType, message, status, headers } = describe(error, request);
  return reply
    .code(status)
    .headers(headers)
    .type("application/json")
    .send(JSON.stringify({ status: "error", errorType, error: message }));
}

interface Refusal {
  errorType: ErrorType;
  message: string;
  status: number;
  headers: Readonly<Record<string, string>>;
}

function describe(error: unknown, request: FastifyRequest): Refusal {
  if (error instanceof PrometheusError) return refusal(error.errorType, error.message);
  if (error instanceof QueryError) return refusal(error.kind, error.message);
  return ofProblem(toProblem(error, request));
}

function refusal(errorType: ErrorType, message: string): Refusal {
  return { errorType, message, status: STATUS[errorType], headers: {} };
}

/** The status stays (401 with its challenge, 413, 503 with Retry-After); only the body is Prometheus's. */
function ofProblem({ status, message, headers }: HttpProblem): Refusal {
  return { errorType: typeOfStatus(status), message, status, headers };
}

function typeOfStatus(status: number): ErrorType {
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 404) return "not_found";
  if (status === 503) return "unavailable";
  return status < 500 ? "bad_data" : "internal";
}
