/** What a panel shows, asked from the server: all its queries at once, over the range or at its end. */
import { isRangePanel } from "@batchwatch/protocol/dashboard-panels";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import {
  type InstantResult,
  type InstantSample,
  queryInstant,
  queryRange,
  type RangeSeries,
} from "../../api/prometheus.ts";
import type { DashboardPanel } from "../../api/resources.ts";
import { now } from "../../clock/clock.ts";
import {
  alignedTo,
  isRelative,
  type Period,
  periodOf,
  stepFor,
  type TimeRange,
} from "../../url-state/time-range.ts";
import { fillQuery } from "./fill-query.ts";

export interface PanelRequest {
  range: TimeRange;
  jobs: readonly string[];
  /** Milliseconds between two askings; null = only when told. */
  refreshMs: number | null;
}

export interface Templated {
  /** Of the query that the series came from; null = none was written. */
  template: string | null;
  /** Which of the panel's queries. */
  queryIndex: number;
}

export interface PanelData {
  period: Period;
  stepMs: number;
  /** As they were asked. */
  queries: readonly string[];
  series: readonly (RangeSeries & Templated)[];
  samples: readonly (InstantSample & Templated)[];
  /** Told by the engine, each once. */
  notices: readonly string[];
}

/** One of a panel's queries failed: which, and as what text it was asked. */
export class PanelQueryError extends Error {
  readonly query: string;
  readonly reason: unknown;

  constructor(query: string, reason: unknown) {
    super(reason instanceof Error ? reason.message : String(reason));
    this.name = "PanelQueryError";
    this.query = query;
    this.reason = reason;
  }
}

export function usePanelData(panel: DashboardPanel, request: PanelRequest, enabled: boolean) {
  const { range, jobs, refreshMs } = request;
  return useQuery({
    queryKey: ["metrics", panel.type, panel.queries, range, jobs],
    queryFn: ({ signal }) => loadPanel(panel, request, signal),
    enabled,
    placeholderData: keepPreviousData,
    refetchInterval: isRelative(range) && refreshMs !== null ? refreshMs : false,
  });
}

async function loadPanel(
  panel: DashboardPanel,
  { range, jobs }: PanelRequest,
  signal: AbortSignal,
): Promise<PanelData> {
  const wanted = periodOf(range, now()) ?? { from: now() - 1, to: now() };
  const stepMs = stepFor(wanted);
  const period = isRangePanel(panel.type) ? alignedTo(wanted, stepMs) : wanted;
  const choice = { jobs, rangeMs: wanted.to - wanted.from, stepMs };
  const queries = panel.queries.map(({ query }) => fillQuery(query, choice));
  const answers = await Promise.all(
    queries.map((query) => ask(query, isRangePanel(panel.type), { ...period, stepMs }, signal)),
  );
  const templated = (queryIndex: number): Templated => ({
    template: panel.queries[queryIndex]?.label ?? null,
    queryIndex,
  });
  return {
    period,
    stepMs,
    queries,
    series: answers.flatMap(({ series }, index) => series.map((one) => ({ ...one, ...templated(index) }))),
    samples: answers.flatMap(({ samples }, index) => samples.map((one) => ({ ...one, ...templated(index) }))),
    notices: [...new Set(answers.flatMap(({ warnings }) => warnings))],
  };
}

async function ask(
  query: string,
  overRange: boolean,
  range: Period & { stepMs: number },
  signal: AbortSignal,
) {
  try {
    if (overRange) {
      const { result, warnings } = await queryRange(query, range, signal);
      return { series: result, samples: [], warnings };
    }
    const { result, warnings } = await queryInstant(query, range.to, signal);
    return { series: [], samples: samplesOf(result), warnings };
  } catch (error) {
    if (signal.aborted) throw error;
    throw new PanelQueryError(query, error);
  }
}

/** A scalar is one sample without labels; of a range, the latest of each series. */
export function samplesOf(result: InstantResult): readonly InstantSample[] {
  switch (result.type) {
    case "vector":
      return result.samples;
    case "scalar":
      return [{ labels: {}, value: result.value }];
    case "matrix":
      return result.series.map(({ labels, values }) => ({ labels, value: values.at(-1) ?? Number.NaN }));
    case "string":
      return [];
  }
}
