/**
 * The address of a ping, by Healthchecks' contract: `/ping/<uuid>[/action]` or `/ping/<ping key>/<slug>[/action]`, with
 * action = start, fail, log or an exit status from 0 to 255; `rid` and `create` in the query. Pure.
 */
import type { PingRefusal, PingTarget } from "./ping-format.ts";

export type PingAction = { kind: "success" | "start" | "fail" | "log" } | { kind: "exit"; exitCode: number };

export interface Ping {
  target: PingTarget;
  action: PingAction;
  /** Run id, lower case. */
  rid: string | null;
  create: boolean;
}

/** The texts are Healthchecks' own: clients look for them. */
type Refusal = PingRefusal & {
  status: 400 | 404;
  text: "invalid url format" | "invalid uuid format" | "not found";
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const SLUG = /^[a-z0-9_-]{1,200}$/;
const MAX_EXIT_STATUS = 255;

const NOT_FOUND: Refusal = { status: 404, text: "not found" };
const INVALID_URL: Refusal = { status: 400, text: "invalid url format" };
const INVALID_RID: Refusal = { status: 400, text: "invalid uuid format" };

/**
 * @param path what follows `/ping/`, still percent-encoded, e.g. `local/daily_etl/start`
 * @param query `rid` and `create` as sent
 */
export function parsePing(
  path: string,
  query: { rid?: string | undefined; create?: string | undefined },
): Ping | Refusal {
  const parts = path.split("/");
  const [first = "", second, third] = parts;
  const byUuid = UUID.test(first);
  const bareUuid = byUuid && (second === undefined || (second === "" && parts.length === 2));
  const actionText = bareUuid ? undefined : byUuid ? second : third;
  const target = targetOf(first, second, byUuid);
  if (target === null || parts.length > (byUuid ? 2 : 3)) return NOT_FOUND;
  const action = actionOf(actionText);
  if (action === null) return NOT_FOUND;
  if (action.kind === "exit" && action.exitCode > MAX_EXIT_STATUS) return INVALID_URL;
  if (target.by === "slug" && !SLUG.test(target.slug)) return INVALID_URL;
  if (query.rid !== undefined && !UUID.test(query.rid)) return INVALID_RID;
  return { target, action, rid: query.rid?.toLowerCase() ?? null, create: query.create === "1" };
}

function targetOf(first: string, second: string | undefined, byUuid: boolean): PingTarget | null {
  if (byUuid) return { by: "uuid", uuid: first.toLowerCase() };
  if (first === "" || second === undefined || second === "") return null;
  return { by: "slug", pingKey: first, slug: second };
}

function actionOf(text: string | undefined): PingAction | null {
  switch (text) {
    case undefined:
      return { kind: "success" };
    case "start":
    case "fail":
    case "log":
      return { kind: text };
    default:
      return /^\d{1,9}$/.test(text) ? { kind: "exit", exitCode: Number(text) } : null;
  }
}

/** A job's name as it can stand in an address: lower case, everything else a dash. */
export function slugOf(jobName: string): string {
  return jobName
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/^-+|-+$/g, "");
}
