/** The tries of a run, each with its end and why. */
import { failureText } from "@batchwatch/protocol/failure-text";
import type { Attempt } from "../../api/resources.ts";
import { type Column, DataTable } from "../../components/DataTable.tsx";
import { Duration } from "../../components/Duration.tsx";
import { Instant } from "../../components/Instant.tsx";
import { OutcomeBadge } from "../../components/OutcomeBadge.tsx";
import { phaseLook } from "../../components/outcome.ts";
import { Panel } from "../../components/Panel.tsx";

const COLUMNS: Column<Attempt>[] = [
  { name: "Attempt", cell: (attempt) => attempt.number },
  { name: "Outcome", cell: (attempt) => <OutcomeBadge look={phaseLook(attempt.phase)} /> },
  { name: "Started", cell: (attempt) => <Instant at={attempt.startedAt} show="seconds" bare /> },
  { name: "Took", figure: true, cell: (attempt) => <Duration ms={attempt.durationMs} /> },
  {
    name: "Why",
    grow: true,
    cell: failureText,
  },
];

export function RunAttempts({ attempts }: { attempts: readonly Attempt[] }) {
  return (
    <Panel title="Attempts" flush>
      <DataTable
        caption="Attempts"
        columns={COLUMNS}
        rows={attempts}
        keyOf={(attempt) => String(attempt.number)}
      />
    </Panel>
  );
}
