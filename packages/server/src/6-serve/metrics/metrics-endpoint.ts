/**
 * `GET /metrics`: the `batch_job_*` families as the meter has them, and Batchwatch about itself, for those who scrape. In
 * Prometheus's text format, or OpenMetrics where it is asked for. Needs `read` where keys are asked for.
 */
import type { FastifyInstance } from "fastify";
import type { MeterSnapshot } from "../../2-record/meter/meter.ts";
import { meterExposition } from "../../2-record/meter/meter-exposition.ts";
import { EXPOSITION_TYPES, formatFor, renderExposition } from "../../lib/exposition-text.ts";
import type { SelfMetrics } from "../../self-monitoring/self-metrics.ts";

export interface MetricsEndpointParts {
  meter: { snapshot(): MeterSnapshot };
  selfMetrics: SelfMetrics;
}

export function registerMetricsEndpoint(
  app: FastifyInstance,
  { meter, selfMetrics }: MetricsEndpointParts,
): void {
  app.get("/metrics", { config: { scope: "read" } }, (request, reply) => {
    const format = formatFor(request.headers.accept);
    const families = [...meterExposition(meter.snapshot()), ...selfMetrics.collect()];
    return reply
      .type(EXPOSITION_TYPES[format])
      .header("cache-control", "no-store")
      .header("vary", "Accept")
      .send(renderExposition(families, format));
  });
}
