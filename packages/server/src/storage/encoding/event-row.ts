/**
 * A run event between its row and its object. Stored with its run: the job and the run's own id are the run's, the
 * aliases stand in `run_aliases`, declared settings with the job. Orphans are kept whole.
 */
import type { JobKey, RunRef } from "../../model/identity.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { RunEventsTable } from "../tables.ts";
import { readBrief, writeBrief } from "./brief-json.ts";
import { eventKindCodes, witnessCodes } from "./codes.ts";
import { hashKey, isPlainKey, keyText } from "./keys.ts";

/** Whose event it is. */
export interface EventOwner {
  job: JobKey;
  runId: string;
}

/** Length of a bucket of thinned beats. Bucket 0 holds the last beat of all. */
const BEAT_BUCKET_MS = 60_000;
export const LAST_BEAT_BUCKET = 0;

/** The text of an event is a line of its run's log, whole: with the event stands its beginning. */
const MESSAGE_CHARACTERS = 300;

/** Added to the code of the kind where the source gave no run id. */
const UNNAMED = 32;

const BEAT_KINDS: ReadonlySet<RunEvent["kind"]> = new Set<RunEvent["kind"]>(["heartbeat", "progress"]);

/** A line of an OpenTelemetry log is kept as a log record; as an event of its run it is a sign of life and no more. */
export function isBeat(event: RunEvent): boolean {
  return BEAT_KINDS.has(event.kind) || (event.kind === "log" && event.witness === "otlp-log");
}

/** Never 0, not even at the epoch. */
export function beatBucket(at: number): number {
  return Math.floor(at / BEAT_BUCKET_MS) + 1 || -1;
}

/** `runId` is the run's own id where it is known; an event that named another one keeps that. */
export function eventRow(runRowId: number, event: RunEvent, runId?: string): RunEventsTable {
  return {
    run_row_id: runRowId,
    event_key: hashKey(event.eventId),
    kind: eventKindCodes.code(event.kind) + (event.run.by === "unnamed" ? UNNAMED : 0),
    witness: witnessCodes.code(event.witness),
    at: event.at,
    lag_ms: event.receivedAt - event.at,
    detail: encodeDetail(event, runId),
  };
}

export function eventFromRow(row: RunEventsTable, owner: EventOwner): RunEvent {
  const detail = readBrief(row.detail) as Detail;
  const named: RunRef = row.kind < UNNAMED ? { by: "id", runId: owner.runId } : { by: "unnamed" };
  const { eventId = keyText(row.event_key), run = named, ...rest } = detail;
  return {
    ...rest,
    eventId,
    kind: eventKindCodes.word(row.kind % UNNAMED),
    job: owner.job,
    run,
    aliases: [],
    at: row.at,
    withinMs: rest.withinMs ?? 0,
    receivedAt: row.at + row.lag_ms,
    witness: witnessCodes.word(row.witness),
  };
}

/** The row of an event that moves to another run: what was told by its old run is written out. */
export function movedEventRow<Row extends RunEventsTable>(
  row: Row,
  oldRunId: string,
  newRunRowId: number,
): Row {
  const detail = readBrief(row.detail) as Detail;
  if (row.kind < UNNAMED && detail.run === undefined) detail.run = { by: "id", runId: oldRunId };
  return {
    ...row,
    run_row_id: newRunRowId,
    detail: writeBrief(detail),
  };
}

type Detail = Partial<Omit<RunEvent, "kind" | "job" | "aliases" | "at" | "receivedAt" | "witness">>;

function encodeDetail(event: RunEvent, runId: string | undefined): string | null {
  const { eventId, kind, job, run, aliases, at, withinMs, receivedAt, witness, jobSettings, ...rest } = event;
  const detail: Detail = { ...rest };
  if (!isPlainKey(eventId)) detail.eventId = eventId;
  if (run.by === "span" || (run.by === "id" && run.runId !== runId)) detail.run = run;
  if (withinMs !== 0) detail.withinMs = withinMs;
  if (detail.message !== undefined && detail.message.length > MESSAGE_CHARACTERS)
    detail.message = `${detail.message.slice(0, MESSAGE_CHARACTERS).toWellFormed()}…`;
  return writeBrief(detail);
}
