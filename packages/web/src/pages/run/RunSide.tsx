/** The figures beside a run: records and progress, resources, slot, deadlines, witnesses, metadata. */
import { isExecutingPhase } from "@batchwatch/protocol/phases";
import { Link } from "react-router";
import type { RunDetail, Witness } from "../../api/resources.ts";
import { Duration } from "../../components/Duration.tsx";
import { type Fact, Facts } from "../../components/Facts.tsx";
import { Instant } from "../../components/Instant.tsx";
import { OutcomeBadge } from "../../components/OutcomeBadge.tsx";
import { phaseLook } from "../../components/outcome.ts";
import { Panel } from "../../components/Panel.tsx";
import { formatBytes, formatExactCount, formatRate, formatRatio } from "../../format/count.ts";
import { incidentLink } from "../../url-state/links.ts";
import { Progress } from "./Progress.tsx";
import classes from "./run.module.css";

export function RunSide({ run }: { run: RunDetail }) {
  const resources = resourceFacts(run);
  const metadata = Object.entries(run.metadata);
  return (
    <>
      <Panel title="Records">
        {isExecutingPhase(run.phase) && <Progress run={run} />}
        <Facts stacked facts={recordFacts(run)} />
      </Panel>
      <Panel title="About">
        <Facts stacked facts={aboutFacts(run)} />
      </Panel>
      {run.deadlines.length > 0 && (
        <Panel title="Deadlines">
          <Facts
            stacked
            facts={run.deadlines.map((deadline) => ({
              name: deadline.explanation,
              value: <Instant at={deadline.dueAt} />,
            }))}
          />
        </Panel>
      )}
      {resources.length > 0 && (
        <Panel title="Resources">
          <Facts stacked facts={resources} />
        </Panel>
      )}
      <Panel title="Witnesses" aside={run.conflict ? "they disagree" : undefined}>
        <ul className={classes.witnesses}>
          {run.witnesses.map((witness) => (
            <WitnessItem key={witness.kind} witness={witness} />
          ))}
        </ul>
      </Panel>
      {metadata.length > 0 && (
        <Panel title="Metadata">
          <Facts stacked facts={metadata.map(([name, value]) => ({ name, value: String(value) }))} />
        </Panel>
      )}
    </>
  );
}

function WitnessItem({ witness }: { witness: Witness }) {
  return (
    <li className={classes.witnessItem}>
      <span className={classes.witness}>{witness.kind}</span>
      {witness.says === null ? (
        <span className="bw-dim">says no outcome</span>
      ) : (
        <OutcomeBadge look={phaseLook(witness.says)} />
      )}
      <span className="bw-dim">
        last heard <Instant at={witness.lastAt} />
      </span>
    </li>
  );
}

function recordFacts(run: RunDetail): Fact[] {
  if (run.recordsProcessed === null && run.recordsFailed === null) {
    return [{ name: "Processed", value: <span className="bw-dim">not reported</span> }];
  }
  const processed = run.recordsProcessed ?? 0;
  const failed = run.recordsFailed ?? 0;
  const facts: Fact[] = [
    {
      name: "Processed",
      value: run.recordsProcessed === null ? "not reported" : formatExactCount(processed),
    },
  ];
  if (run.recordsFailed !== null) {
    const share = processed + failed > 0 ? ` (${formatRatio(failed / (processed + failed))})` : "";
    facts.push({ name: "Failed", value: `${formatExactCount(failed)}${share}` });
  }
  if (run.progressTotal !== null)
    facts.push({ name: "Expected", value: formatExactCount(run.progressTotal) });
  if (!isExecutingPhase(run.phase) && run.durationMs !== null && run.durationMs > 0 && processed > 0) {
    facts.push({ name: "Rate, on average", value: formatRate(processed / (run.durationMs / 1_000)) });
  }
  return facts;
}

function aboutFacts(run: RunDetail): Fact[] {
  const facts: Fact[] = [{ name: "Run type", value: run.runType }];
  if (run.jobType !== null) facts.push({ name: "Job type", value: run.jobType });
  if (run.slot) {
    facts.push({
      name: "Slot",
      value: (
        <>
          {run.slot.local} <span className="bw-dim">{run.slot.state}</span>
          {run.slot.reason !== null && <div className="bw-dim">{run.slot.reason}</div>}
        </>
      ),
    });
  }
  if (run.lastHeartbeatAt !== null)
    facts.push({ name: "Last heartbeat", value: <Instant at={run.lastHeartbeatAt} /> });
  if (run.incidentId !== null) {
    facts.push({
      name: "Incident",
      value: (
        <Link className="bw-link" to={incidentLink(run.incidentId)}>
          Incident {run.incidentId}
        </Link>
      ),
    });
  }
  if (run.exitCode !== null) facts.push({ name: "Exit code", value: run.exitCode });
  if (run.signal !== null) facts.push({ name: "Signal", value: run.signal });
  if (run.host !== null) facts.push({ name: "Host", value: run.host });
  if (run.traceIds.length > 0) {
    facts.push({
      name: run.traceIds.length === 1 ? "Trace" : "Traces",
      value: <code>{run.traceIds.join(" ")}</code>,
    });
  }
  if (run.anonymous) facts.push({ name: "Identity", value: "known from counters only; it gave no run id" });
  return facts;
}

function resourceFacts(run: RunDetail): Fact[] {
  const { peakMemoryBytes, memoryLimitBytes, cpuMs } = run.resources;
  const facts: Fact[] = [];
  if (peakMemoryBytes !== null) {
    const share = memoryLimitBytes
      ? ` (${formatRatio(peakMemoryBytes / memoryLimitBytes)} of its limit)`
      : "";
    facts.push({ name: "Peak memory", value: `${formatBytes(peakMemoryBytes)}${share}` });
  }
  if (memoryLimitBytes !== null) facts.push({ name: "Memory limit", value: formatBytes(memoryLimitBytes) });
  if (cpuMs !== null) {
    facts.push({ name: "CPU time", value: <Duration ms={cpuMs} /> });
    if (run.durationMs !== null && run.durationMs > 0) {
      facts.push({ name: "CPU, on average", value: `${formatRatio(cpuMs / run.durationMs)} of one core` });
    }
  }
  return facts;
}
