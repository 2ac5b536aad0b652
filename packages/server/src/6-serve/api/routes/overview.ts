/** `GET /api/overview`: the counts in the page's header. */
import { overviewSchema } from "@batchwatch/protocol";
import type { ApiApp, ApiDeps } from "../api-deps.ts";
import { instant } from "../views/instants.ts";

export function registerOverview(app: ApiApp, deps: ApiDeps): void {
  const { store, clock, retention } = deps;
  app.get(
    "/api/overview",
    {
      schema: {
        tags: ["overview"],
        summary: "How many jobs, runs under way and open incidents there are",
        response: { 200: overviewSchema },
      },
    },
    async () => {
      const [jobs, running, incidents, namespaces] = await Promise.all([
        store.countJobs(),
        store.countRunning(),
        store.countOpenIncidents(),
        store.listNamespaces(),
      ]);
      return {
        version: deps.version,
        now: instant(clock.now()),
        jobs,
        running,
        openIncidents: incidents.open,
        openCritical: incidents.critical,
        namespaces,
        httpUrl: deps.publicUrl(),
        grpcAddress: deps.grpcAddress(),
        authRequired: deps.authRequired,
        receiverConfigured: deps.receiverConfigured,
        retention: {
          runsMs: retention.runs,
          heartbeatsMs: retention.heartbeats,
          spansMs: retention.spans,
          logsMs: retention.logs,
          samplesMs: retention.samples,
        },
      };
    },
  );
}
