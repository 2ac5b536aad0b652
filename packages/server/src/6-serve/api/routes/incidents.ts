/** `GET /api/incidents` and `GET /api/incidents/{id}`: what is or was wrong, who was told, and the proof. */
import {
  type IncidentListQuery,
  incidentDetailSchema,
  incidentListQuerySchema,
  incidentPathSchema,
  incidentSummarySchema,
  pageOf,
} from "@batchwatch/protocol";
import type { IncidentFilter } from "../../../storage/ledger-store.ts";
import type { ApiApp, ApiDeps } from "../api-deps.ts";
import { ApiError, problemReplies } from "../api-error.ts";
import { loadPointers } from "../load-pointers.ts";
import { incidentDetail, incidentSummary } from "../views/incident-view.ts";

export function registerIncidents(app: ApiApp, { store }: ApiDeps): void {
  app.get(
    "/api/incidents",
    {
      schema: {
        tags: ["incidents"],
        summary: "Incidents, newest first unless asked otherwise",
        querystring: incidentListQuerySchema,
        response: { 200: pageOf(incidentSummarySchema), ...problemReplies(400) },
      },
    },
    async ({ query }) => {
      const { items: incidents, nextCursor } = await store.listIncidents(filterOf(query), {
        limit: query.limit,
        cursor: query.cursor ?? null,
      });
      if (incidents.length === 0) return { items: [], nextCursor };
      const [jobs, facts, pointers] = await Promise.all([
        store.getJobs([...new Set(incidents.map((incident) => incident.jobId))]),
        store.judgementsOfIncidents(incidents.map((incident) => incident.id)),
        loadPointers(store, incidents),
      ]);
      const jobById = new Map(jobs.map((job) => [job.id, job]));
      const items = incidents.flatMap((incident) => {
        const job = jobById.get(incident.jobId);
        return job === undefined
          ? []
          : [incidentSummary(incident, job, facts.get(incident.id) ?? [], pointers)];
      });
      return { items, nextCursor };
    },
  );

  app.get(
    "/api/incidents/:id",
    {
      schema: {
        tags: ["incidents"],
        summary: "An incident with its facts, its timeline and the deliveries with each try",
        params: incidentPathSchema,
        response: { 200: incidentDetailSchema, ...problemReplies(400, 404) },
      },
    },
    async ({ params }) => {
      const incident = await store.getIncident(Number(params.id));
      const job = incident === null ? null : await store.getJob(incident.jobId);
      if (incident === null || job === null) {
        throw new ApiError("incident_not_found", `There is no incident ${params.id}.`);
      }
      const [facts, entries, deliveries] = await Promise.all([
        store.judgementsOfIncident(incident.id),
        store.incidentEntries(incident.id),
        store.deliveriesOf(incident.id),
      ]);
      const pointers = await loadPointers(store, [incident, ...facts]);
      return incidentDetail({ incident, job, facts, entries, deliveries, pointers });
    },
  );
}

function filterOf(query: IncidentListQuery): IncidentFilter {
  const { state, severity, namespace, environment, jobName } = query;
  return {
    oldestFirst: query.sort === "openedAt",
    ...(state !== undefined && { state }),
    ...(severity !== undefined && { severity }),
    ...(namespace !== undefined && { namespace }),
    ...(environment !== undefined && { environment }),
    ...(jobName !== undefined && { jobName }),
  };
}
