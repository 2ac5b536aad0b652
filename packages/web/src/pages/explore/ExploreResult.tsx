/** What a query gives: lines over the range, or a table at its end; how many series, how long it took, what the engine remarks. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { type InstantResult, queryInstant, queryRange } from "../../api/prometheus.ts";
import type { DashboardPanel } from "../../api/resources.ts";
import { now } from "../../clock/clock.ts";
import { ExpressionError } from "../../components/ExpressionError.tsx";
import { LoadingRows } from "../../components/LoadingRows.tsx";
import { Panel } from "../../components/Panel.tsx";
import { plural } from "../../format/count.ts";
import { formatDuration } from "../../format/duration.ts";
import { alignedTo, type Period, periodOf, stepFor } from "../../url-state/time-range.ts";
import { PanelBody } from "../dashboards/PanelBody.tsx";
import { type PanelData, samplesOf } from "../dashboards/panel-data.ts";
import classes from "./explore.module.css";
import type { ExploreState } from "./explore-state.ts";

interface Props {
  state: ExploreState;
  /** Counts how often the query was asked, so that the same one can be asked again. */
  asked: number;
  onPick: (period: Period) => void;
  onError: (error: unknown) => void;
}

interface ExploreAnswer {
  data: PanelData;
  /** What is no list of series: a text. */
  text: string | null;
  infos: readonly string[];
  tookMs: number;
}

export function ExploreResult({ state, asked, onPick, onError }: Props) {
  const { query, view, range } = state;
  const answer = useQuery({
    queryKey: ["metrics", "explore", query, view, range, asked],
    queryFn: ({ signal }) => load(state, signal),
    placeholderData: keepPreviousData,
    refetchInterval: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { data, error } = answer;
  useEffect(() => onError(error), [error, onError]);
  if (error !== null) {
    return (
      <div className={classes.problem}>
        <ExpressionError error={error} query={query} onRetry={() => void answer.refetch()} />
      </div>
    );
  }
  if (data === undefined) return <LoadingRows rows={6} />;
  const panel = panelFor(state);
  return (
    <Panel title={view === "graph" ? "Over time" : "At the end of the range"} aside={<Facts answer={data} />}>
      <div className={classes.result} data-old={answer.isPlaceholderData || undefined}>
        {data.text === null ? (
          <PanelBody panel={panel} data={data.data} onPick={onPick} />
        ) : (
          <pre className={classes.text}>{data.text}</pre>
        )}
      </div>
      {[...data.data.notices, ...data.infos].map((notice) => (
        <p key={notice} className={classes.notice}>
          {notice}
        </p>
      ))}
    </Panel>
  );
}

function Facts({ answer: { data, tookMs } }: { answer: ExploreAnswer }) {
  const count = data.series.length + data.samples.length;
  return (
    <>
      <span>{plural(count, "series", "series")}</span>
      {data.series.length > 0 && <span>step {formatDuration(data.stepMs)}</span>}
      <span>took {formatDuration(tookMs)}</span>
    </>
  );
}

async function load({ query, view, range }: ExploreState, signal: AbortSignal): Promise<ExploreAnswer> {
  const wanted = periodOf(range, now()) ?? { from: now() - 1, to: now() };
  const stepMs = stepFor(wanted);
  const startedAt = performance.now();
  const base = { stepMs, queries: [query], series: [], samples: [] };
  const templated = { template: null, queryIndex: 0 };
  if (view === "graph") {
    const period = alignedTo(wanted, stepMs);
    const { result, warnings, infos } = await queryRange(query, { ...period, stepMs }, signal);
    const series = result.map((one) => ({ ...one, ...templated }));
    const tookMs = performance.now() - startedAt;
    return { data: { ...base, period, series, notices: warnings }, text: null, infos, tookMs };
  }
  const { result, warnings, infos } = await queryInstant(query, wanted.to, signal);
  const samples = samplesOf(result).map((one) => ({ ...one, ...templated }));
  const tookMs = performance.now() - startedAt;
  return {
    data: { ...base, period: wanted, samples, notices: warnings },
    text: textOf(result),
    infos,
    tookMs,
  };
}

/** What a table cannot hold: a string, and all the samples of a range. */
function textOf(result: InstantResult): string | null {
  if (result.type === "string") return result.text;
  if (result.type !== "matrix") return null;
  return result.series
    .map(({ labels, times, values }) =>
      [
        JSON.stringify(labels),
        ...times.map((at, index) => `  ${new Date(at).toISOString()}  ${values[index] ?? ""}`),
      ].join("\n"),
    )
    .join("\n\n");
}

function panelFor({ query, view }: ExploreState): DashboardPanel {
  return {
    title: "value",
    type: view === "graph" ? "timeseries" : "table",
    description: null,
    queries: [{ label: null, query }],
    unit: "none",
    decimals: null,
    min: null,
    max: null,
    stack: false,
    thresholds: [],
    width: 12,
  };
}
