/**
 * Folds the judgements of one job into its one incident (SEMANTICS section 5). Pure: rows in, rows out.
 *
 * - No open incident and a fact that may page: a new incident.
 * - An open incident: new facts join it, those of the next bad slot too. A worse one raises its severity and is sent
 *   under the same de-duplication key; one of the same or lower severity is an entry in the timeline and pages nobody.
 * - A fact that ends while others are open, or whose words change (the run is lost, it took so long), is an entry too.
 * - All facts resolved: the incident resolves, and whoever was told that it opened is told so.
 * Suppression keeps facts from opening and paging, never from being resolved.
 */
import type { Alert } from "../model/alert.ts";
import type { Job } from "../model/job.ts";
import type { Run } from "../model/run.ts";
import type { Incident, IncidentEntry, Judgement, NewDelivery } from "../model/watch.ts";
import type { IncidentWrite } from "../storage/ledger-store.ts";
import { alertAnnotations, alertLabels, factTitle, worthTelling } from "./alert-labels.ts";
import type { Audience } from "./audience.ts";
import { compareSeverity, isWorse } from "./severity-order.ts";

export interface FoldInput {
  job: Job;
  /** Open, not in an incident yet. */
  unfolded: readonly Judgement[];
  /** The job's open incident, if any, with all its facts and its timeline so far. */
  open: {
    incident: Incident;
    facts: readonly Judgement[];
    entries: readonly Pick<IncidentEntry, "text">[];
  } | null;
  /** Runs that the facts speak of, by row id. */
  runs: ReadonlyMap<number, Run>;
  /** `everyone` is told at once, by the outbox rows that this answers; where there are routes, groups tell. */
  audience: Audience;
  publicUrl: string;
  now: number;
}

/** Why a fact that is recorded opens no incident. `observe_only` opens one that pages nobody ("would have paged"). */
export function mayOpenIncident(fact: Judgement): boolean {
  return fact.suppressedBecause === null || fact.suppressedBecause === "observe_only";
}

/** Answers null when nothing changes. */
export function foldJudgements(input: FoldInput): IncidentWrite | null {
  const fresh = byWorst(input.unfolded.filter(mayOpenIncident));
  if (input.open === null) return fresh.length === 0 ? null : openIncident(input, fresh);
  const { incident, facts, entries } = input.open;
  const all = byWorst([...facts, ...fresh]);
  const news = newsOf(facts, entries, input.now);
  if (all.every((fact) => fact.state === "resolved")) return resolveIncident(input, incident, all, news);
  if (fresh.length === 0 && news.length === 0) return null;
  return joinIncident(input, incident, { all, fresh, news });
}

type NewEntry = Omit<IncidentEntry, "incidentId"> & { factId: number };

/** What became of the incident's facts and is not in its timeline yet. */
function newsOf(
  facts: readonly Judgement[],
  entries: readonly Pick<IncidentEntry, "text">[],
  now: number,
): NewEntry[] {
  const isSaid = (text: string): boolean => entries.some((entry) => entry.text.includes(text));
  const news = facts.flatMap((fact) => {
    const words = { at: now, text: sentence(fact.explanation), factId: fact.id };
    const end = { at: fact.resolvedAt ?? now, text: endText(fact), factId: fact.id };
    return [words, ...(fact.state === "resolved" ? [end] : [])];
  });
  return news.filter(({ text }) => !isSaid(text));
}

function openIncident(input: FoldInput, facts: readonly Judgement[]): IncidentWrite {
  const [worst] = facts;
  if (worst === undefined) throw new Error("an incident opens with at least one fact");
  const run = runOf(input, facts);
  const notified = facts.some((fact) => fact.suppressedBecause === null) && hasAudience(input);
  const labels = alertLabels(input.job, run, worst);
  const incident: Omit<Incident, "id"> = {
    jobId: input.job.id,
    state: "open",
    severity: worst.severity,
    alertName: labels.alertname ?? "",
    title: factTitle(input.job, worst),
    openedAt: input.now,
    resolvedAt: null,
    resolution: null,
    runRowId: worst.runRowId ?? run?.id ?? null,
    slotId: worst.slotId,
    labels,
    annotations: alertAnnotations(input.job, run, facts, input.publicUrl),
    notified,
  };
  const entries = facts.map((fact) => ({
    at: input.now,
    text: `${sentence(fact.explanation)} The incident opens.`,
  }));
  if (!notified) entries.push({ at: input.now, text: notNotifiedText(input, facts) });
  return {
    id: null,
    incident,
    judgementIds: facts.map((fact) => fact.id),
    entries,
    deliveries: notified ? deliveries(input, incident, facts, "opened") : [],
  };
}

function joinIncident(
  input: FoldInput,
  incident: Incident,
  { all, fresh, news }: { all: readonly Judgement[]; fresh: readonly Judgement[]; news: readonly NewEntry[] },
): IncidentWrite {
  const paging = fresh.filter((fact) => fact.suppressedBecause === null);
  const worstFresh = paging[0];
  const firstPage = !incident.notified && worstFresh !== undefined && hasAudience(input);
  const raised = worstFresh !== undefined && isWorse(worstFresh.severity, incident.severity);
  const severity = raised ? worstFresh.severity : incident.severity;
  const openFacts = all.filter((fact) => fact.state === "open");
  const run = runOf(input, openFacts);
  const { id, ...rest } = incident;
  const next: Omit<Incident, "id"> = {
    ...rest,
    severity,
    title: worstTitle(input.job, all, incident.title),
    labels: { ...incident.labels, severity },
    annotations: alertAnnotations(input.job, run, openFacts, input.publicUrl),
    notified: incident.notified || firstPage,
  };
  const joined = fresh.map((fact) => ({
    at: input.now,
    text: `${sentence(fact.explanation)} It joins this incident${fact === worstFresh && raised ? `, whose severity rises to ${severity}` : ""}.`,
  }));
  const reason = firstPage ? "opened" : raised && incident.notified ? "raised" : null;
  return {
    id,
    incident: next,
    judgementIds: fresh.map((fact) => fact.id),
    entries: [...news.map(({ at, text }) => ({ at, text })), ...joined],
    deliveries: reason === null ? [] : deliveries(input, next, openFacts, reason),
  };
}

function resolveIncident(
  input: FoldInput,
  incident: Incident,
  facts: readonly Judgement[],
  news: readonly NewEntry[],
): IncidentWrite {
  const last = facts.reduce((a, b) => ((b.resolvedAt ?? 0) > (a.resolvedAt ?? 0) ? b : a));
  const resolution = last.resolution ?? "Everything in it is mended.";
  const { id, ...rest } = incident;
  const next: Omit<Incident, "id"> = {
    ...rest,
    state: "resolved",
    resolvedAt: input.now,
    resolution,
    title: worstTitle(input.job, facts, incident.title),
    annotations: { ...alertAnnotations(input.job, runOf(input, facts), facts, input.publicUrl), resolution },
  };
  return {
    id,
    incident: next,
    judgementIds: facts.filter((fact) => fact.incidentId === null).map((fact) => fact.id),
    // Of the last one the incident's own end tells.
    entries: [
      ...news.filter(({ text }) => text !== endText(last)).map(({ at, text }) => ({ at, text })),
      { at: input.now, text: `${sentence(resolution)} The incident resolves.` },
    ],
    deliveries: incident.notified ? deliveries(input, next, facts, "resolved") : [],
  };
}

function deliveries(
  input: FoldInput,
  incident: Omit<Incident, "id">,
  facts: readonly Judgement[],
  reason: NewDelivery["reason"],
): NewDelivery[] {
  if (input.audience.kind === "routed") return [];
  const alert = alertOf(incident, facts);
  const payload = JSON.stringify(alert);
  return input.audience.receivers.map((receiver) => ({
    receiver: receiver.name,
    channel: receiver.channel,
    reason,
    dedupKey: dedupKey(input.job, incident.openedAt),
    payload,
    createdAt: input.now,
  }));
}

function hasAudience({ audience }: FoldInput): boolean {
  return audience.kind === "routed" || audience.receivers.length > 0;
}

/** The incident as it leaves the house. */
export function alertOf(incident: Omit<Incident, "id">, facts: readonly Judgement[]): Alert {
  return {
    status: incident.state === "resolved" ? "resolved" : "firing",
    labels: incident.labels,
    annotations: incident.annotations,
    startsAt: incident.openedAt,
    endsAt: incident.resolvedAt,
    severity: incident.severity,
    facts: worthTelling(facts).map((fact) => ({
      type: fact.type,
      explanation: fact.explanation,
      limit: fact.limitText,
      value: fact.valueText,
    })),
  };
}

/** Stable for the life of an incident; a job has one open incident at a time, so job and opening time tell it apart. */
export function dedupKey(job: Job, openedAt: number): string {
  return `batchwatch/${job.namespace}/${job.environment}/${job.jobName}/${new Date(openedAt).toISOString()}`;
}

function runOf(input: FoldInput, facts: readonly Judgement[]): Run | null {
  for (const fact of facts) {
    const run = fact.runRowId === null ? undefined : input.runs.get(fact.runRowId);
    if (run !== undefined) return run;
  }
  return null;
}

/** Like the severity, the title stays with the worst that was in it, mended or not. */
function worstTitle(job: Job, facts: readonly Judgement[], otherwise: string): string {
  const [worst] = [...facts].sort(compareWorst);
  return worst === undefined ? otherwise : factTitle(job, worst);
}

function notNotifiedText(input: FoldInput, facts: readonly Judgement[]): string {
  if (!hasAudience(input)) return "Nobody was told: no receiver is configured.";
  const reasons = [...new Set(facts.map((fact) => fact.suppressedBecause))].join(", ");
  return `Nobody was told: ${reasons}.`;
}

/** "Run failed is over. The run succeeded at 08:46:14." */
function endText(fact: Judgement): string {
  const words = fact.type.replaceAll("_", " ");
  const why = fact.resolution === null ? "" : ` ${sentence(fact.resolution)}`;
  return `${words.charAt(0).toUpperCase()}${words.slice(1)} is over.${why}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Open ones before mended ones, the worst of each first. */
export function byWorst(facts: readonly Judgement[]): Judgement[] {
  return [...facts].sort(
    (a, b) => Number(a.state === "resolved") - Number(b.state === "resolved") || compareWorst(a, b),
  );
}

function compareWorst(a: Judgement, b: Judgement): number {
  return compareSeverity(a.severity, b.severity) || a.at - b.at || a.id - b.id;
}
