/** The events of one run under `exec`, in the shape of `POST /api/events`. */
import { hostname } from "node:os";
import type { ErrorFact, ResourceFact, RunEventInput, RunEventKind } from "@batchwatch/protocol/run-event";
import type { ExecOptions } from "./exec-arguments.ts";
import type { TraceContext } from "./random-ids.ts";
import type { ReportedRecords } from "./record-lines.ts";

/** How the command ended. */
export type CommandEnd =
  | { kind: "exited"; code: number }
  | { kind: "signalled"; signal: NodeJS.Signals }
  /** It never ran. */
  | { kind: "not_started"; code: 126 | 127; message: string };

export interface EndFacts {
  end: CommandEnd;
  endedAt: number;
  durationMs: number;
  resources: ResourceFact;
  records: ReportedRecords | null;
  output: string;
  outputTruncated: boolean;
  /** The last line of its error output; "" when it is not to be sent. */
  lastErrorLine: string;
  oomKilled: boolean;
}

export class ExecRunEvents {
  readonly runId: string;
  readonly #options: ExecOptions;
  readonly #trace: TraceContext;
  readonly #startedAt: number;
  readonly #base: Omit<RunEventInput, "kind">;
  #sequence = 0;

  constructor(options: ExecOptions, runId: string, trace: TraceContext, startedAt: number) {
    this.runId = runId;
    this.#options = options;
    this.#trace = trace;
    this.#startedAt = startedAt;
    this.#base = {
      jobName: options.jobName,
      ...(options.namespace !== undefined && { namespace: options.namespace }),
      ...(options.environment !== undefined && { environment: options.environment }),
      ...(options.jobType !== undefined && { jobType: options.jobType }),
      runId,
      witness: "cli",
      host: hostname(),
    };
  }

  /** @param parentRunId the run inside which this one was started. */
  started(pid: number | undefined, parentRunId: string | undefined): RunEventInput {
    const { runType, scheduledAt, job, heartbeatIntervalMs, command } = this.#options;
    const { traceId, spanId, parentSpanId } = this.#trace;
    return {
      ...this.#event("started", this.#startedAt),
      ...(runType !== undefined && { runType }),
      ...(scheduledAt !== undefined && { scheduledAt }),
      ...(job !== undefined && { job }),
      heartbeatIntervalMs,
      traceId,
      spanId,
      ...(parentSpanId !== undefined && { parentSpanId }),
      metadata: {
        // Not the arguments: passwords stand there.
        command: command[0]?.slice(0, 1000) ?? "",
        ...(pid !== undefined && { pid }),
        ...(parentRunId !== undefined && { parentRunId: parentRunId.slice(0, 200) }),
      },
    };
  }

  heartbeat(at: number, resources: ResourceFact): RunEventInput {
    return {
      ...this.#event("heartbeat", at),
      heartbeatIntervalMs: this.#options.heartbeatIntervalMs,
      ...(Object.keys(resources).length > 0 && { resources }),
    };
  }

  progress(at: number, reported: ReportedRecords): RunEventInput {
    return { ...this.#event("progress", at), ...recordFields(reported) };
  }

  ended(facts: EndFacts): RunEventInput {
    const { end } = facts;
    const good = end.kind === "exited" && end.code === 0;
    const { runType, scheduledAt } = this.#options;
    return {
      ...this.#event(good ? "completed" : "failed", facts.endedAt),
      // Said again, for the case that the start is lost.
      startedAt: this.#startedAt,
      ...(runType !== undefined && { runType }),
      ...(scheduledAt !== undefined && { scheduledAt }),
      durationMs: facts.durationMs,
      ...(end.kind === "signalled" ? { signal: end.signal } : { exitCode: end.code }),
      ...(!good && failureOf(facts)),
      ...(facts.records !== null && recordFields(facts.records)),
      ...(Object.keys(facts.resources).length > 0 && { resources: facts.resources }),
      ...(facts.output !== "" && { output: facts.output }),
      ...(facts.outputTruncated && facts.output !== "" && { outputTruncated: true }),
      traceId: this.#trace.traceId,
      spanId: this.#trace.spanId,
    };
  }

  #event(kind: RunEventKind, at: number): RunEventInput {
    return { kind, ...this.#base, at, id: `exec-${this.#trace.spanId}-${this.#sequence++}` };
  }
}

function recordFields({ records, progress }: ReportedRecords): Partial<RunEventInput> {
  return {
    ...(Object.keys(records).length > 0 && { records }),
    ...(Object.keys(progress).length > 0 && { progress }),
  };
}

/** Exit code and signal stand beside it and speak for themselves. */
function failureOf({ end, lastErrorLine, oomKilled }: EndFacts): { error?: ErrorFact } {
  if (oomKilled)
    return {
      error: { type: "out_of_memory", message: "killed by the kernel: its control group was out of memory" },
    };
  if (end.kind === "not_started") {
    const type = end.code === 127 ? "command_not_found" : "not_executable";
    return { error: { type, message: end.message } };
  }
  return lastErrorLine === "" ? {} : { error: { message: lastErrorLine } };
}
