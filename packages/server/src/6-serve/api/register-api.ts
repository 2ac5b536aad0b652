/**
 * The API as one Fastify plugin. Receives the read ports; hands on routes under `/api`, each validated, answered and
 * documented by the same schemas. Nothing of it leaks into the rest of the server: compilers and error handler are its own.
 */
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { registerJsonBodies } from "../../lib/http-bodies.ts";
import { registerEventStream } from "../live/event-stream.ts";
import type { ApiApp, ApiDeps } from "./api-deps.ts";
import { sendApiError } from "./api-error.ts";
import { JobDirectory } from "./job-directory.ts";
import { registerOpenApi } from "./openapi.ts";
import { registerAlertRoutes } from "./routes/alert-routes.ts";
import { registerDashboards } from "./routes/dashboards.ts";
import { registerIncidents } from "./routes/incidents.ts";
import { registerJob } from "./routes/job.ts";
import { registerJobs } from "./routes/jobs.ts";
import { registerOverview } from "./routes/overview.ts";
import { registerRebuildMetrics } from "./routes/rebuild-metrics.ts";
import { registerReceivers } from "./routes/receivers.ts";
import { registerRun } from "./routes/run.ts";
import { registerRunParts } from "./routes/run-parts.ts";
import { registerRuns } from "./routes/runs.ts";
import { registerSamples } from "./routes/samples.ts";
import { registerSchedulePreview } from "./routes/schedule-preview.ts";
import { registerSchemas } from "./routes/schemas.ts";

/** Register it as `await app.register(registerApi, deps)`, or call it with the server's instance: both keep it apart. */
export async function registerApi(server: FastifyInstance, deps: ApiDeps): Promise<void> {
  const plugin: FastifyPluginAsync = async (scope) => {
    const app: ApiApp = scope.withTypeProvider<ZodTypeProvider>();
    app.setValidatorCompiler(validatorCompiler);
    app.setSerializerCompiler(serializerCompiler);
    app.setErrorHandler(sendApiError);
    registerJsonBodies(scope);
    await registerOpenApi(app, deps.version);

    const directory = new JobDirectory(deps.store, deps.clock);
    const stopListening = directory.listen(deps.feed);
    app.addHook("onListen", async () => directory.warm());
    app.addHook("onClose", async () => stopListening());

    registerOverview(app, deps);
    registerJobs(app, deps, directory);
    registerJob(app, deps);
    registerSchedulePreview(app, deps);
    registerRuns(app, deps);
    registerRun(app, deps);
    registerRunParts(app, deps);
    registerIncidents(app, deps);
    registerAlertRoutes(app, deps);
    registerSamples(app, deps);
    registerRebuildMetrics(app, deps);
    registerDashboards(app, deps.dashboards);
    registerReceivers(app, deps);
    registerSchemas(app);
    registerEventStream(app, deps);
  };
  await server.register(plugin);
}

export type { ApiDeps } from "./api-deps.ts";
