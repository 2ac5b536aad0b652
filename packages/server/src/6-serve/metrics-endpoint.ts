/** `GET /metrics`: Batchwatch about itself, in Prometheus's text format. Needs `read` where keys are asked for. */
import type { FastifyInstance } from "fastify";
import type { SelfMetrics } from "../self-monitoring/self-metrics.ts";

export function registerMetricsEndpoint(app: FastifyInstance, selfMetrics: SelfMetrics): void {
  app.get("/metrics", { config: { scope: "read" } }, (_request, reply) =>
    reply
      .type("text/plain; version=0.0.4; charset=utf-8")
      .header("cache-control", "no-store")
      .send(selfMetrics.render()),
  );
}
