/** The board: every job with its last runs, what needs a person first. Without a job it shows how to send a first run. */
import { useSearchParams } from "react-router";
import { useBoard, useOverview } from "../../api/queries.ts";
import type { Overview } from "../../api/resources.ts";
import { Answer } from "../../components/Answer.tsx";
import { PageHeader } from "../../components/PageHeader.tsx";
import { formatExactCount, plural } from "../../format/count.ts";
import { hasBoardFilters, readBoardFilters } from "../../url-state/board-filters.ts";
import { BoardFilterBar } from "./BoardFilterBar.tsx";
import { BoardList } from "./BoardList.tsx";
import { DueNext } from "./DueNext.tsx";
import { FirstRun } from "./FirstRun.tsx";

export function BoardPage() {
  const [params] = useSearchParams();
  const filters = readBoardFilters(params);
  const overview = useOverview();
  const board = useBoard(filters);
  const first = board.data?.pages[0];
  const empty = first !== undefined && first.items.length === 0 && !hasBoardFilters(filters);
  if (empty && !board.isPlaceholderData && (overview.data?.jobs ?? 0) === 0) {
    return <FirstRun overview={overview.data ?? null} />;
  }
  return (
    <>
      <PageHeader title={headline(overview.data ?? null)} sentence={overview.data && <DueNext />} />
      <BoardFilterBar filters={filters} />
      <Answer query={board} rows={8}>
        {(data) => (
          <BoardList
            jobs={data.pages.flatMap((page) => page.items)}
            filters={filters}
            complete={!board.hasNextPage}
            loadMore={() => {
              if (board.hasNextPage && !board.isFetchingNextPage) void board.fetchNextPage();
            }}
          />
        )}
      </Answer>
    </>
  );
}

/** The answer first: is anything wrong? */
function headline(overview: Overview | null): string {
  if (overview === null) return "Board";
  const { jobs, running, openIncidents, openCritical } = overview;
  const rest = `${formatExactCount(jobs)} ${jobs === 1 ? "job" : "jobs"}, ${formatExactCount(running)} running`;
  if (openIncidents === 0) return `Nothing is wrong: ${rest}`;
  const critical = openCritical > 0 ? ` (${formatExactCount(openCritical)} critical)` : "";
  return `${plural(openIncidents, "open incident")}${critical}: ${rest}`;
}
