/** The names under which answers are kept, and which of them a live message makes stale. Pure. */
import type { StreamMessage } from "@batchwatch/protocol";

export interface JobKey {
  namespace: string;
  environment: string;
  jobName: string;
}

export const queryKeys = {
  overview: ["overview"] as const,
  boards: ["jobs"] as const,
  board: (filters: object) => ["jobs", filters] as const,
  job: (key: JobKey) => ["job", key.namespace, key.environment, key.jobName] as const,
  runsOf: (key: JobKey) => ["runs", key.namespace, key.environment, key.jobName] as const,
  runs: (key: JobKey, filters: object) =>
    ["runs", key.namespace, key.environment, key.jobName, filters] as const,
  run: (runId: string) => ["run", runId] as const,
  runPart: (runId: string, part: string, filters: object) => ["run", runId, part, filters] as const,
  incidents: ["incidents"] as const,
  incidentList: (filters: object) => ["incidents", filters] as const,
  dashboards: ["dashboards"] as const,
  dashboard: (name: string) => ["dashboard", name] as const,
  incident: (id: string) => ["incident", id] as const,
};

export type QueryKeyPrefix = readonly unknown[];

/** The prefixes of what a message makes stale, each once however many messages there are. */
export function staleAfter(messages: readonly StreamMessage[]): QueryKeyPrefix[] {
  const prefixes = new Map<string, QueryKeyPrefix>();
  const add = (prefix: QueryKeyPrefix) => prefixes.set(JSON.stringify(prefix), prefix);
  for (const message of messages) {
    const { namespace, environment = "", jobName } = message;
    if (message.topic === "hello") continue;
    add(queryKeys.overview);
    add(queryKeys.boards);
    if (namespace !== undefined && jobName !== undefined) {
      const key = { namespace, environment, jobName };
      add(queryKeys.job(key));
      add(queryKeys.runsOf(key));
    }
    if (message.runId !== undefined) add(queryKeys.run(message.runId));
    if (message.topic === "incident") add(queryKeys.incidents);
    if (message.incidentId !== undefined) add(queryKeys.incident(message.incidentId));
  }
  return [...prefixes.values()];
}
