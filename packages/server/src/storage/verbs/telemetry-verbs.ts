/** The ledger store's verbs that read spans, log records and the state of metric streams. */
import { type Selectable, sql } from "kysely";
import { spanAlias, traceAlias } from "../../model/identity.ts";
import type { Run } from "../../model/run.ts";
import type { LogRecord, LogSeverity, SpanRecord } from "../../model/telemetry.ts";
import { decodeNumberCursor, pageLimit, pageOf } from "../cursor.ts";
import type { LedgerDatabase } from "../database.ts";
import { logSeverityCodes } from "../encoding/codes.ts";
import { packAlias, traceIdBytes, traceIdText, unpackAlias } from "../encoding/keys.ts";
import type { LedgerStore, MetricEvidence, Page, PageRequest } from "../ledger-store.ts";
import type { Tables } from "../tables.ts";
import { logFromRow, spanFromRow } from "./telemetry-rows.ts";

type TelemetryVerbs = Pick<
  LedgerStore,
  | "runSpans"
  | "spanParents"
  | "runLogs"
  | "metricStreams"
  | "metricEvidence"
  | "dueEvidence"
  | "nextEvidenceAt"
  | "markEvidenceSettled"
>;

/** Traces of one run that are looked into, and spans of one trace. */
const MAX_TRACES = 50;
const MAX_TRACE_SPANS = 20_000;

export function telemetryVerbs(database: LedgerDatabase): TelemetryVerbs {
  const { read, capabilities } = database;
  return {
    runSpans: (run, limit) => runSpans(database, run, limit),
    runLogs: (run, page, least = null) => runLogs(database, run, page, least),

    async spanParents(traceIds) {
      const parents: Pick<SpanRecord, "traceId" | "spanId" | "parentSpanId">[] = [];
      for (const traceId of traceIds) {
        const rows = await read
          .selectFrom("spans")
          .select(["span_id", "parent_span_id"])
          .where("trace_id", "=", traceIdBytes(traceId))
          .limit(MAX_TRACE_SPANS)
          .execute();
        for (const row of rows)
          parents.push({
            traceId,
            spanId: traceIdText(row.span_id),
            parentSpanId: row.parent_span_id === null ? null : traceIdText(row.parent_span_id),
          });
      }
      return parents;
    },

    async metricStreams(streamIds) {
      if (streamIds.length === 0) return new Map();
      const rows = await read
        .selectFrom("metric_streams")
        .select(["stream_id", "state"])
        .where(capabilities.inTexts("stream_id", streamIds))
        .execute();
      return new Map(rows.map((row) => [row.stream_id, row.state]));
    },

    async metricEvidence(jobId, from, to) {
      const rows = await read
        .selectFrom("metric_evidence")
        .selectAll()
        .where("job_id", "=", jobId)
        .where("at", ">=", from)
        .where("at", "<=", to)
        .orderBy("at")
        .orderBy("evidence_id")
        .execute();
      return rows.map(evidenceFromRow);
    },

    async dueEvidence(jobId, now, limit) {
      const rows = await read
        .selectFrom("metric_evidence")
        .selectAll()
        .where("job_id", "=", jobId)
        .where("is_settled", "=", 0)
        .where("settle_at", "<=", now)
        .orderBy("at")
        .orderBy("evidence_id")
        .limit(limit)
        .execute();
      return rows.map(evidenceFromRow);
    },

    async nextEvidenceAt(jobId) {
      const row = await read
        .selectFrom("metric_evidence")
        .select((eb) => eb.fn.min("settle_at").as("next"))
        .where("job_id", "=", jobId)
        .where("is_settled", "=", 0)
        .executeTakeFirst();
      return row?.next ?? null;
    },

    async markEvidenceSettled(evidenceIds) {
      if (evidenceIds.length === 0) return;
      await database.write(async ({ db }) => {
        await db
          .updateTable("metric_evidence")
          .set({ is_settled: 1 })
          .where(capabilities.inTexts("evidence_id", evidenceIds))
          .execute();
      });
    },
  };
}

function evidenceFromRow(row: Selectable<Tables["metric_evidence"]>): MetricEvidence {
  return {
    evidenceId: row.evidence_id,
    jobId: row.job_id,
    at: row.at,
    settleAt: row.settle_at,
    state: row.state,
    settled: row.is_settled === 1,
  };
}

/** By start. Of a trace that several runs share: what hangs below this run's spans, and what is nobody's. */
async function runSpans(
  { read, capabilities }: LedgerDatabase,
  run: Run,
  limit: number,
): Promise<SpanRecord[]> {
  const shown: SpanRecord[] = [];
  for (const traceId of run.traceIds.slice(0, MAX_TRACES)) {
    const rows = await read
      .selectFrom("spans")
      .selectAll()
      .where("trace_id", "=", traceIdBytes(traceId))
      .limit(MAX_TRACE_SPANS)
      .execute();
    const spans = rows.map(spanFromRow);
    if (spans.length === 0) continue;
    const sharing = await read
      .selectFrom("run_aliases")
      .select("run_row_id")
      .where("alias", "=", packAlias(traceAlias(traceId)))
      .limit(2)
      .execute();
    if (sharing.length === 1 && sharing[0]?.run_row_id === run.id) {
      shown.push(...spans);
      continue;
    }
    // A parent may be an alias although it was never sent: it ends after its children, or was killed.
    const spanIds = new Set(spans.flatMap((span) => [span.spanId, span.parentSpanId ?? span.spanId]));
    const owners = await read
      .selectFrom("run_aliases")
      .selectAll()
      .where(
        capabilities.inTexts(
          "alias",
          [...spanIds].map((spanId) => packAlias(spanAlias(traceId, spanId))),
        ),
      )
      .execute();
    const ownerByAlias = new Map(owners.map((row) => [unpackAlias(row.alias), row.run_row_id]));
    shown.push(...spansOfRun(spans, run.id, (spanId) => ownerByAlias.get(spanAlias(traceId, spanId))));
  }
  return shown
    .sort((a, b) => a.startedAt - b.startedAt || (a.spanId < b.spanId ? -1 : 1))
    .slice(0, Math.max(0, limit));
}

function spansOfRun(
  spans: readonly SpanRecord[],
  runRowId: number,
  ownerOf: (spanId: string) => number | undefined,
): SpanRecord[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const owners = new Map<string, number | undefined>();
  const ownerUpwards = (spanId: string): number | undefined => {
    const path: string[] = [];
    let at: string | null = spanId;
    let owner: number | undefined;
    // Sent data may hold a cycle: each span is passed once.
    while (at !== null && !path.includes(at)) {
      if (owners.has(at)) {
        owner = owners.get(at);
        break;
      }
      path.push(at);
      owner = ownerOf(at);
      if (owner !== undefined) break;
      at = byId.get(at)?.parentSpanId ?? null;
    }
    for (const passed of path) owners.set(passed, owner);
    return owner;
  };
  return spans.filter((span) => {
    const owner = ownerUpwards(span.spanId);
    return owner === undefined || owner === runRowId;
  });
}

/** Oldest first: records of the run, and records of its traces that named no run. */
async function runLogs(
  { read }: LedgerDatabase,
  run: Run,
  page: PageRequest,
  least: LogSeverity | null,
): Promise<Page<LogRecord>> {
  const limit = pageLimit(page.limit);
  const job = await read
    .selectFrom("jobs")
    .select(["namespace", "environment", "job_name"])
    .where("id", "=", run.jobId)
    .executeTakeFirst();
  if (job === undefined) return { items: [], nextCursor: null };
  const after = page.cursor === null ? null : decodeNumberCursor(page.cursor, 2);
  const rowsOf = (traceId: string | null) => {
    let query = read
      .selectFrom("logs")
      .selectAll()
      .orderBy("at")
      .orderBy("id")
      .limit(limit + 1);
    query =
      traceId === null
        ? query.where("run_row_id", "=", run.id)
        : query.where("run_row_id", "is", null).where("trace_id", "=", traceIdBytes(traceId));
    if (least !== null) {
      const code = logSeverityCodes.code(least);
      query = query.where((eb) => eb.or([eb("severity", "is", null), eb("severity", ">=", code)]));
    }
    if (after !== null) query = query.where(sql<boolean>`(at, id) > (${after[0]}, ${after[1]})`);
    return query.execute();
  };
  const rows = await rowsOf(null);
  for (const traceId of run.traceIds.slice(0, MAX_TRACES)) rows.push(...(await rowsOf(traceId)));
  rows.sort((a, b) => a.at - b.at || a.id - b.id);
  const owner = {
    job: { namespace: job.namespace, environment: job.environment, jobName: job.job_name },
    runId: run.runId,
  };
  return pageOf(
    rows,
    limit,
    (row) => logFromRow(row, owner),
    (row) => [row.at, row.id],
  );
}
