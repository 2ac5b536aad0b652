/**
 * A job's counters, histograms and last values written again from a past time on, out of the ledger: after an import, a
 * backfill, or where something was told so late that it is history. Counters only ever add up, so everything from that time
 * to the last tick is written, in one commit of the metric store; then the accumulators and marks, in one of the ledger's. A
 * crash between the two does the same again.
 *
 * What the series stood at before is what they stand at now, less what was counted since: so what is older than the ledger
 * is kept.
 */
import { METRIC_NAMES } from "@batchwatch/protocol";
import type { Job } from "../../model/job.ts";
import type { MeterSeries, MeterValue, NativeIncrement, RunToMeter } from "../../model/meter.ts";
import type { LedgerStore } from "../../storage/ledger-store.ts";
import { EMPTY_METER_COMMIT, type MeterCommit } from "../../storage/meter-store.ts";
import type { LabelMatcher, MetricStore } from "../../storage/metric-store.ts";
import type { LabelSetCache } from "./label-sets.ts";
import {
  applyChange,
  isNothing,
  type MeterChange,
  madeReady,
  seriesKey,
  valueBefore,
  valueWithout,
} from "./meter-value.ts";
import { nativeChange } from "./native-changes.ts";
import { EVIDENCE_SETTLES_MS, NativeCover } from "./native-cover.ts";
import { isOtherEnd, judgementChanges, runChanges, runEndAt } from "./run-changes.ts";
import { SampleWriter } from "./sample-writer.ts";
import type { SeriesBook } from "./series-book.ts";
import { TICK_MS } from "./tick-times.ts";
import { Turns } from "./turns.ts";
import { BOUNDS_BEGIN_BEFORE_MS, rewriteSeries } from "./write-series.ts";

export interface RebuildParts {
  store: LedgerStore;
  samples: Pick<MetricStore, "replaceRange" | "select">;
  book: SeriesBook;
  labelSets: LabelSetCache;
}

export interface RebuiltJob {
  /** Where it began: later than asked for where increments of the job's own are no longer kept. */
  fromAt: number;
  /** Where it ended: later than asked for where the totals are others. */
  toAt: number;
  runs: number;
  series: number;
  samples: number;
}

/** Counted from the runs as they are now, each tick. */
const NOT_REBUILT: ReadonlySet<string> = new Set([METRIC_NAMES.running, METRIC_NAMES.queued]);
/** How far back the value of a gauge is looked for. */
const GAUGE_BEFORE_MS = 600_000;

export async function rebuildJob(
  parts: RebuildParts,
  job: Job,
  from: number,
  writtenUntil: number,
  until: number = writtenUntil,
): Promise<RebuiltJob> {
  const { store, samples, book } = parts;
  const history = await readHistory(store, book, job, from, writtenUntil);
  const keys = new Map<string, MeterSeries | null>();
  for (const [key, series] of book.entries())
    if (series.jobId === job.id && !NOT_REBUILT.has(series.family)) keys.set(key, series);
  for (const key of history.now.keys()) if (!keys.has(key)) keys.set(key, null);
  const isCut = until < writtenUntil && staysAfter(history, until);
  const to = isCut ? until : writtenUntil;
  const out = new SampleWriter();
  const rewritten = await rewriteAll(out, parts, keys, history, from, to);
  const batches = out.batches();
  await samples.replaceRange({
    matcherSets: [matchersOf(job, rewritten)],
    fromAt: from + 1,
    toAt: to,
    batches,
  });
  // What they stand at now is what it was.
  const series = isCut ? [] : rewritten;
  await store.commitMeter({ ...EMPTY_METER_COMMIT, ...history.marks, series });
  book.put(series);
  return {
    fromAt: from,
    toAt: to,
    runs: history.runs,
    series: rewritten.length,
    samples: batches.reduce((sum, { times }) => sum + times.length, 0),
  };
}

async function rewriteAll(
  out: SampleWriter,
  { samples, labelSets }: RebuildParts,
  keys: ReadonlyMap<string, MeterSeries | null>,
  history: History,
  from: number,
  to: number,
): Promise<MeterSeries[]> {
  const rewritten: MeterSeries[] = [];
  const turns = new Turns();
  for (const [key, series] of keys) {
    if (turns.isOver()) await turns.give();
    const changes = (history.now.get(key) ?? []).filter(({ at }) => at <= to).sort((a, b) => a.at - b.at);
    const counted = (history.before.get(key) ?? []).map(({ change }) => change);
    const before = await standBefore(samples, series, changes, counted, from);
    if (before === null) continue;
    const begins =
      series === null ||
      isNothing(before.state) ||
      (before.state.kind === "gauge" && before.createdAt > from);
    if (begins && changes.length === 0 && isNothing(before.state)) rewritten.push({ ...before });
    else rewritten.push(rewriteSeries(out, { key, before, changes, begins, from, to }, labelSets));
  }
  return rewritten;
}

interface History {
  /** What the series were given of it, by series. */
  before: Map<string, MeterChange[]>;
  /** What they are to have. */
  now: Map<string, MeterChange[]>;
  marks: Pick<MeterCommit, "meteredRuns" | "meteredJudgements" | "appliedIncrements" | "claims">;
  runs: number;
}

async function readHistory(
  store: LedgerStore,
  book: SeriesBook,
  job: Job,
  from: number,
  to: number,
): Promise<History> {
  // What is not taken in yet and young stays with the ticks: whose it is may not be known yet.
  const settled = to - EVIDENCE_SETTLES_MS;
  const runs = (await store.runsEndedIn(job.id, from, to)).filter(
    ({ run, meteredPhase }) => meteredPhase !== null || runEndAt(run) <= settled,
  );
  const judgements = await store.judgementsIn(job.id, from, to);
  const increments = (await store.nativeIncrements(job.id, from, to)).filter((increment) => {
    const { at } = nativeChange(increment);
    return at > from && at <= to && (increment.applied || increment.at <= settled);
  });
  const [asCounted, asTold] = [new NativeCover(() => false), new NativeCover(() => false)];
  asCounted.lookAt(job.id, increments);
  asTold.lookAt(job.id, increments);
  const [before, now] = [new Map<string, MeterChange[]>(), new Map<string, MeterChange[]>()];
  for (const ended of runs) {
    addTo(before, countedOf(job, book, ended, asCounted));
    const covered = asTold.decide(ended.run, to);
    const all = runChanges(job, ended.run, book.errorTypeLabel(job.id, ended.run.errorType));
    addTo(now, covered === "wait" ? all : all.filter(({ family }) => !covered.has(family)));
  }
  const newClaims = asTold.newClaims();
  for (const { judgement, isMetered } of judgements) {
    const changes = judgementChanges(job, judgement);
    if (isMetered && !asCounted.coversViolation(judgement)) addTo(before, changes);
    if (!asTold.coversViolation(judgement)) addTo(now, changes);
  }
  for (const increment of increments) {
    const counted = increment.applied ? asCounted.rest(increment) : null;
    if (counted !== null) addTo(before, [nativeChange(counted)]);
    addTo(now, [nativeChange(increment)]);
  }
  return {
    before,
    now,
    runs: runs.length,
    marks: {
      meteredRuns: runs.map(({ run: { id, version, phase } }) => ({ id, version, phase, counted: phase })),
      meteredJudgements: judgements.flatMap(({ judgement, isMetered }) => (isMetered ? [] : judgement.id)),
      appliedIncrements: increments.flatMap(({ id, applied }) => (applied ? [] : id)),
      claims: claimsLeft(newClaims, increments),
    },
  };
}

/** Is all that comes after a time left as it is? Only then can a range end there: counters add up. */
function staysAfter({ before, now }: History, until: number): boolean {
  const keys = new Set([...before.keys(), ...now.keys()]);
  for (const key of keys) {
    const [counted, told] = [before.get(key) ?? [], now.get(key) ?? []];
    const after = (changes: readonly MeterChange[]) => changes.filter(({ at }) => at > until);
    if (after(told).some(({ at }) => at <= until + BOUNDS_BEGIN_BEFORE_MS)) return false;
    if (asText(after(counted)) !== asText(after(told))) return false;
    if (asText(totalOf(counted, until)) !== asText(totalOf(told, until))) return false;
  }
  return true;
}

function totalOf(changes: readonly MeterChange[], until: number): MeterValue | null {
  const inside = changes.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
  const [first] = inside;
  if (first === undefined) return null;
  return inside.reduce(
    (value, { change }) => applyChange(madeReady(value, change), change),
    valueBefore(first.change),
  );
}

function asText(value: object | null): string {
  return JSON.stringify(value);
}

/** What the meter made of a run when it took it in. */
function countedOf(
  job: Job,
  book: SeriesBook,
  { run, countedPhase }: RunToMeter,
  cover: NativeCover,
): MeterChange[] {
  if (countedPhase === null) return [];
  if (isOtherEnd(countedPhase, run.phase)) {
    const counted = {
      ...run,
      phase: countedPhase,
      errorType: countedPhase === "lost" ? "lost" : run.errorType,
    };
    if (countedPhase === "lost") cover.takeBack(run, true);
    return runChanges(job, counted, book.errorTypeLabel(job.id, counted.errorType));
  }
  const covered = cover.decide(run, Number.MAX_SAFE_INTEGER);
  const all = runChanges(job, run, book.errorTypeLabel(job.id, run.errorType));
  return covered === "wait" ? all : all.filter(({ family }) => !covered.has(family));
}

/** Beyond what is written down already. */
function claimsLeft(
  claims: readonly { id: number; runs: number }[],
  increments: readonly NativeIncrement[],
): { id: number; runs: number }[] {
  const known = new Map(increments.map(({ id, claimed }) => [id, claimed]));
  return claims.flatMap(({ id, runs }) => {
    const more = runs - (known.get(id) ?? 0);
    return more > 0 ? { id, runs: more } : [];
  });
}

function addTo(map: Map<string, MeterChange[]>, changes: readonly MeterChange[]): void {
  for (const change of changes) {
    if (NOT_REBUILT.has(change.family)) continue;
    const key = seriesKey(change.family, change.labels);
    const known = map.get(key);
    if (known === undefined) map.set(key, [change]);
    else known.push(change);
  }
}

async function standBefore(
  samples: Pick<MetricStore, "select">,
  series: MeterSeries | null,
  changes: readonly MeterChange[],
  counted: readonly MeterChange["change"][],
  from: number,
): Promise<MeterSeries | null> {
  const [first] = changes;
  if (series === null)
    return first === undefined
      ? null
      : {
          jobId: first.jobId,
          family: first.family,
          labels: first.labels,
          state: valueBefore(first.change),
          createdAt: first.at - TICK_MS,
          changedAt: first.at,
        };
  if (series.state.kind !== "gauge")
    return {
      ...series,
      state: valueWithout(series.state, counted),
      createdAt: Math.min(series.createdAt, (first?.at ?? series.createdAt + TICK_MS) - TICK_MS),
    };
  const stood = await gaugeAt(samples, series, from);
  if (stood !== null) return { ...series, state: { kind: "gauge", value: stood } };
  return first === undefined
    ? series
    : { ...series, state: { kind: "gauge", value: 0 }, createdAt: first.at };
}

async function gaugeAt(
  samples: Pick<MetricStore, "select">,
  { family, labels }: MeterSeries,
  at: number,
): Promise<number | null> {
  const matchers: LabelMatcher[] = [
    { name: "__name__", op: "=", value: family },
    ...Object.entries(labels).map(([name, value]) => ({ name, op: "=" as const, value })),
  ];
  const [found] = await samples.select(matchers, at - GAUGE_BEFORE_MS, at, 1);
  return found?.values.at(-1) ?? null;
}

/** The job's series of these families: not those that somebody scraped and sent here. */
function matchersOf(
  { jobName, namespace, environment }: Job,
  series: readonly MeterSeries[],
): LabelMatcher[] {
  const names = [...new Set(series.map(({ family }) => family))];
  return [
    { name: "__name__", op: "=~", value: `(${names.join("|")})(_bucket|_sum|_count)?` },
    { name: "job_name", op: "=", value: jobName },
    { name: "namespace", op: "=", value: namespace === "default" ? "" : namespace },
    { name: "environment", op: "=", value: environment },
    { name: "job", op: "=", value: "" },
    { name: "instance", op: "=", value: "" },
  ];
}
