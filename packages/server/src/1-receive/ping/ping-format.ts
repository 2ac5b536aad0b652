/**
 * A way of checking in by one HTTP request: what every format is given, and what it makes of it. Formats read; finding the
 * job, recording and answering is the same for all (receive-ping.ts).
 */
import type { IncomingHttpHeaders } from "node:http";
import type { CheckCron, FieldProblem } from "@batchwatch/protocol";
import type { JobKey } from "../../model/identity.ts";
import type { RunEvent } from "../../model/run-event.ts";
import type { PingBody } from "./ping-body.ts";

export interface PingCall {
  /** What follows the format's own beginning, still percent-encoded, e.g. `local/daily_etl/start`. */
  path: string;
  query: PingQuery;
  headers: IncomingHttpHeaders;
  /** Where it came from, to tell a repetition from another one's ping. */
  client: string;
  body: PingBody | null;
}

export type PingQuery = Readonly<Record<string, string | string[] | undefined>>;

export type PingTarget =
  | { by: "uuid"; uuid: string }
  /** The slug, or the name itself where the format has names. */
  | { by: "slug"; pingKey: string; slug: string; environment?: string };

/** What it is recorded with. */
export interface PingReceipt {
  at: number;
  /** 32 hexadecimal digits. */
  unique: string;
  userAgent: string | null;
}

export interface ReadPing {
  target: PingTarget;
  /** It makes its job, whatever `ping.createJobs` says. */
  create: boolean;
  /** Its event, once the job is found; `warnings` names what was wrong and left out. */
  event(job: JobKey, receipt: PingReceipt): { event: RunEvent; warnings: readonly FieldProblem[] };
}

export interface PingRefusal {
  status: 400 | 404;
  text: string;
}

export interface PingFormat {
  read(call: PingCall, checkCron: CheckCron): ReadPing | PingRefusal;
  /** How it answers what was recorded. */
  answer(created: boolean): { status: number; text: string };
}

export function isRefusal(ping: object): ping is PingRefusal {
  return "status" in ping;
}

/** The first of a parameter that was sent several times. */
export function firstOf(query: PingQuery, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = query[name];
    const text = Array.isArray(value) ? value[0] : value;
    if (text !== undefined) return text;
  }
  return undefined;
}

export function allOf(query: PingQuery, name: string): readonly string[] {
  const value = query[name];
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

/** The parts of a path, decoded; null where an escape is broken. A slash at the end does not count. */
export function partsOf(path: string): string[] | null {
  try {
    return path.replace(/\/$/, "").split("/").map(decodeURIComponent);
  } catch {
    return null;
  }
}

/** The number that the text is, else the text, which the schema then names as wrong. */
export function numberIn(text: string | undefined): number | string | undefined {
  if (text === undefined || text.trim() === "") return text;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}
