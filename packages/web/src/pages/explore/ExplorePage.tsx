/** Explore: any PromQL over any time, as a graph or a table. Each asking is a place in the browser's history. */
import { Button, SegmentedControl } from "@mantine/core";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { PageHeader } from "../../components/PageHeader.tsx";
import { TimeControls } from "../../components/TimeControls.tsx";
import { absoluteRange, type Period } from "../../url-state/time-range.ts";
import { ExploreResult } from "./ExploreResult.tsx";
import classes from "./explore.module.css";
import { type ExploreState, readExploreState, VIEWS } from "./explore-state.ts";
import { MetricNames } from "./MetricNames.tsx";

const PromqlEditor = lazy(() => import("./PromqlEditor.tsx"));

const VIEW_WORDS = { graph: "Graph", table: "Table" } as const;

export default function ExplorePage() {
  const [params, setParams] = useSearchParams();
  const state = useMemo(() => readExploreState(params), [params]);
  const [text, setText] = useState(state.query);
  const [asked, setAsked] = useState(0);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => setText(state.query), [state.query]);

  const change = useCallback(
    (changes: Partial<ExploreState>) =>
      setParams((now) => {
        const next = { ...readExploreState(now), ...changes };
        return new URLSearchParams({
          ...(next.query !== "" && { query: next.query }),
          ...(next.view !== "graph" && { view: next.view }),
          from: next.range.from,
          to: next.range.to,
        });
      }),
    [setParams],
  );
  const ask = (query: string) => {
    setAsked((times) => times + 1);
    if (query.trim() !== state.query) change({ query: query.trim() });
  };
  const pick = useCallback((period: Period) => change({ range: absoluteRange(period) }), [change]);
  return (
    <>
      <PageHeader title="Explore" />
      <div className={classes.ask}>
        <Suspense fallback={<div className={classes.editor} />}>
          <PromqlEditor query={state.query} error={error} onChange={setText} onAsk={ask} />
        </Suspense>
        <Button size="sm" onClick={() => ask(text)} disabled={text.trim() === ""}>
          Run
        </Button>
      </div>
      <div className={classes.controls}>
        <SegmentedControl
          size="xs"
          aria-label="View"
          data={VIEWS.map((value) => ({ value, label: VIEW_WORDS[value] }))}
          value={state.view}
          onChange={(view) => change({ view: VIEWS.find((name) => name === view) ?? "graph" })}
        />
        <TimeControls range={state.range} onChange={(range) => change({ range })} />
      </div>
      {state.query === "" ? (
        <MetricNames range={state.range} onChoose={(name) => change({ query: name })} />
      ) : (
        <ExploreResult state={state} asked={asked} onPick={pick} onError={setError} />
      )}
    </>
  );
}
