/** The list of jobs. Only the rows in sight are in the document, so ten thousand jobs scroll like ten. */

import { useMediaQuery } from "@mantine/hooks";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { JobSummary } from "../../api/resources.ts";
import { EmptyState } from "../../components/EmptyState.tsx";
import { OutcomeMark } from "../../components/OutcomeMark.tsx";
import { healthLook } from "../../components/outcome.ts";
import { formatExactCount } from "../../format/count.ts";
import type { BoardFilters } from "../../url-state/board-filters.ts";
import { jobLink } from "../../url-state/links.ts";
import { BoardJobRow } from "./BoardJobRow.tsx";
import classes from "./board.module.css";
import { type BoardRow, boardRows } from "./board-rows.ts";

interface Props {
  jobs: readonly JobSummary[];
  filters: BoardFilters;
  complete: boolean;
  loadMore: () => void;
}

const HEADING_HEIGHT = 40;
const ROW_HEIGHT = 36;
const CARD_HEIGHT = 108;
const OVERSCAN = 12;

export function BoardList({ jobs, filters, complete, loadMore }: Props) {
  const rows = boardRows(jobs, filters.sort, complete);
  const cards = useMediaQuery("(max-width: 900px)", false, { getInitialValueInEffect: false });
  const list = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => setOffset(list.current?.offsetTop ?? 0), []);
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: (index) => heightOf(rows[index], cards),
    getItemKey: (index) => keyOf(rows[index], index),
    overscan: OVERSCAN,
    scrollMargin: offset,
  });
  const shape = rows.map((row) => heightOf(row, cards)).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height are measured again.
  useEffect(() => virtualizer.measure(), [virtualizer, shape]);

  const shown = virtualizer.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (!complete && last >= rows.length - OVERSCAN * 2) loadMore();
  }, [complete, last, rows.length, loadMore]);

  if (rows.length === 0) return <EmptyState>No job matches these filters.</EmptyState>;
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows out of sight are not in the document; an HTML table would lay out anew.
    <div
      className={classes.table}
      role="table"
      aria-label="Jobs"
      aria-rowcount={complete ? rows.length + 1 : -1}
    >
      <ColumnHeads />
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      <div role="rowgroup" ref={list} className={classes.rows} style={{ height: virtualizer.getTotalSize() }}>
        {shown.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: as above; its link takes the focus.
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              className={row.kind === "heading" ? classes.headingRow : classes.row}
              data-roomy={(row.kind === "job" && row.roomy) || undefined}
              style={{ height: item.size, transform: `translateY(${item.start - offset}px)` }}
            >
              {row.kind === "heading" ? (
                <Heading row={row} />
              ) : (
                <BoardJobRow job={row.job} roomy={row.roomy} />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function ColumnHeads() {
  return (
    // biome-ignore lint/a11y/useSemanticElements: as in BoardList.
    <div role="rowgroup">
      {/* biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: as in BoardList. */}
      <div role="row" aria-rowindex={1} className={classes.heads}>
        {["Health", "Job", "Last 30 runs", "Next", "Last run", "Took"].map((name) => (
          // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: as in BoardList.
          <span key={name} role="columnheader">
            {name}
          </span>
        ))}
      </div>
    </div>
  );
}

function Heading({ row }: { row: Extract<BoardRow, { kind: "heading" }> }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: as in BoardList.
    <div role="cell" aria-colspan={6} className={classes.heading}>
      <OutcomeMark outcome={healthLook(row.health).outcome} />
      <h2>{row.title}</h2>
      {row.count !== null && <span className="bw-dim bw-figure">{formatExactCount(row.count)}</span>}
    </div>
  );
}

function heightOf(row: BoardRow | undefined, cards: boolean): number {
  if (row?.kind === "heading") return HEADING_HEIGHT;
  return cards ? CARD_HEIGHT : ROW_HEIGHT;
}

function keyOf(row: BoardRow | undefined, index: number): string {
  if (!row) return String(index);
  return row.kind === "heading" ? `heading ${row.health}` : jobLink(row.job);
}
