/**
 * Refused requests of a receiver as failures of its stage: a body that cannot be read never reaches the receiver's own
 * code, yet is what its operator looks for. A route names its stage (`config.stage`); whoever answers may name the code.
 */
import type { FastifyRequest } from "fastify";
import type { SelfMetrics } from "./self-metrics.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The receiver to which requests of this route belong: `batchwatch_stage_errors_total{stage}`. */
    stage?: string;
  }
  interface FastifyRequest {
    /** Why it was refused: a stable code. null = told by the status alone. */
    failureCode: string | null;
  }
}

const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  400: "malformed",
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  413: "body_too_large",
  415: "unsupported_media_type",
  503: "unavailable",
};

/** Call it for each answer with a status from 400 on. */
export function countRequestRefusal(selfMetrics: SelfMetrics, request: FastifyRequest, status: number): void {
  const { stage } = request.routeOptions.config;
  if (stage !== undefined) countRefusal(selfMetrics, stage, request.failureCode, status);
}

export function countRefusal(
  selfMetrics: SelfMetrics,
  stage: string,
  code: string | null,
  status: number,
): void {
  selfMetrics.stage(stage).failed(code ?? CODE_OF_STATUS[status] ?? `http_${status}`);
}
