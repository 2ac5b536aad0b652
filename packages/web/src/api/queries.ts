/** What the pages ask the API, one hook a resource. */
import { keepPreviousData, QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { setServerTime } from "../clock/clock.ts";
import type { BoardFilters } from "../url-state/board-filters.ts";
import type { IncidentFilters } from "../url-state/incident-filters.ts";
import type { RunAddress } from "../url-state/links.ts";
import type { RunFilters } from "../url-state/run-filters.ts";
import { ApiError, getJson } from "./client.ts";
import { type JobKey, queryKeys } from "./query-keys.ts";
import type {
  DashboardDetail,
  DashboardList,
  IncidentDetail,
  IncidentPage,
  JobDetail,
  JobPage,
  LogView,
  Overview,
  Page,
  RunDetail,
  RunEventView,
  RunPage,
  SpanView,
} from "./resources.ts";

const BOARD_PAGE = 100;
const LIST_PAGE = 50;
const PART_PAGE = 500;
/** The stream says what changes; this is for what nobody says (and for a stream that is cut). */
const REFRESH_MS = 30_000;
/** While the server does not answer. */
const RETRY_MS = 5_000;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        // A server on this machine answers also where the browser thinks itself offline.
        networkMode: "always",
        retry: false,
        placeholderData: keepPreviousData,
        refetchInterval: (query) => {
          const error = query.state.error;
          if (error instanceof ApiError && error.status > 0 && error.status < 500) return false;
          return error ? RETRY_MS : REFRESH_MS;
        },
      },
    },
  });
}

export function useOverview() {
  return useQuery({
    queryKey: queryKeys.overview,
    queryFn: async ({ signal }) => {
      const overview = await getJson<Overview>("/api/overview", {}, signal);
      setServerTime(Date.parse(overview.now));
      return overview;
    },
  });
}

/** How long things are kept; null while it is not known. */
export function useRetention(): Overview["retention"] | null {
  return useOverview().data?.retention ?? null;
}

export function useBoard(filters: BoardFilters) {
  return useInfiniteQuery({
    queryKey: queryKeys.board(filters),
    queryFn: ({ pageParam, signal }) =>
      getJson<JobPage>(
        "/api/jobs",
        {
          search: filters.search || null,
          namespace: filters.namespace,
          health: filters.health,
          owner: filters.owner,
          sort: filters.sort,
          limit: BOARD_PAGE,
          cursor: pageParam,
        },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
}

/** The jobs that are due next, soonest first. */
export function useDueNext() {
  return useQuery({
    queryKey: ["jobs", "due-next"],
    queryFn: ({ signal }) => getJson<JobPage>("/api/jobs", { sort: "nextDueAt", limit: 5 }, signal),
  });
}

/** A few jobs by name, for the search box. */
export function useJobSearch(search: string) {
  return useQuery({
    queryKey: ["jobs", "search", search],
    queryFn: ({ signal }) => getJson<JobPage>("/api/jobs", { search, limit: 8 }, signal),
    enabled: search !== "",
    refetchInterval: false,
  });
}

export function useJob(key: JobKey | null) {
  return useQuery({
    queryKey: queryKeys.job(key ?? { namespace: "", environment: "", jobName: "" }),
    queryFn: ({ signal }) => {
      const { namespace, jobName, environment } = key ?? { namespace: "", environment: "", jobName: "" };
      return getJson<JobDetail>(
        `/api/jobs/${encodeURIComponent(namespace)}/${encodeURIComponent(jobName)}`,
        { environment },
        signal,
      );
    },
    enabled: key !== null,
    placeholderData: undefined,
  });
}

export function useRuns(key: JobKey, filters: RunFilters, from: string | null) {
  return useInfiniteQuery({
    queryKey: queryKeys.runs(key, filters),
    queryFn: ({ pageParam, signal }) =>
      getJson<RunPage>(
        "/api/runs",
        { ...key, phase: filters.phase, from, limit: LIST_PAGE, cursor: pageParam },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
}

export function useRun(address: RunAddress) {
  return useQuery({
    queryKey: [...queryKeys.run(address.runId), "detail", address],
    queryFn: ({ signal }) => getJson<RunDetail>(runPath(address), jobQuery(address), signal),
    placeholderData: undefined,
  });
}

export function useRunEvents(address: RunAddress) {
  return useInfiniteQuery({
    queryKey: queryKeys.runPart(address.runId, "events", address),
    queryFn: ({ pageParam, signal }) =>
      getJson<Page<RunEventView>>(
        `${runPath(address)}/events`,
        { ...jobQuery(address), limit: PART_PAGE, cursor: pageParam },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
}

/** @param severity at least this one; null = every line */
export function useRunLogs(address: RunAddress, severity: string | null) {
  return useInfiniteQuery({
    queryKey: queryKeys.runPart(address.runId, "logs", { ...address, severity }),
    queryFn: ({ pageParam, signal }) =>
      getJson<Page<LogView>>(
        `${runPath(address)}/logs`,
        { ...jobQuery(address), severity, limit: PART_PAGE, cursor: pageParam },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
}

export function useRunSpans(address: RunAddress) {
  return useQuery({
    queryKey: queryKeys.runPart(address.runId, "spans", address),
    queryFn: ({ signal }) =>
      getJson<Page<SpanView>>(
        `${runPath(address)}/spans`,
        { ...jobQuery(address), limit: PART_PAGE },
        signal,
      ),
    placeholderData: undefined,
  });
}

export function useIncidents(filters: IncidentFilters) {
  return useInfiniteQuery({
    queryKey: queryKeys.incidentList(filters),
    queryFn: ({ pageParam, signal }) =>
      getJson<IncidentPage>(
        "/api/incidents",
        {
          state: filters.state === "all" ? null : filters.state,
          severity: filters.severity,
          namespace: filters.namespace,
          limit: LIST_PAGE,
          cursor: pageParam,
        },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
}

export function useIncident(id: string) {
  return useQuery({
    queryKey: queryKeys.incident(id),
    queryFn: ({ signal }) => getJson<IncidentDetail>(`/api/incidents/${encodeURIComponent(id)}`, {}, signal),
    placeholderData: undefined,
  });
}

export function useDashboards() {
  return useQuery({
    queryKey: queryKeys.dashboards,
    queryFn: ({ signal }) => getJson<DashboardList>("/api/dashboards", {}, signal),
  });
}

export function useDashboard(name: string) {
  return useQuery({
    queryKey: queryKeys.dashboard(name),
    queryFn: ({ signal }) =>
      getJson<DashboardDetail>(`/api/dashboards/${encodeURIComponent(name)}`, {}, signal),
    placeholderData: undefined,
  });
}

function runPath(address: RunAddress): string {
  return `/api/runs/${encodeURIComponent(address.runId)}`;
}

function jobQuery(address: RunAddress) {
  return { namespace: address.namespace, environment: address.environment, jobName: address.jobName };
}
