/** What a format makes of an address: for tests that list addresses as their clients' documentation does. */
import { parse } from "node:querystring";
import type { FieldProblem } from "@batchwatch/protocol";
import { validateCron } from "../../../lib/calendar/cron-pattern.ts";
import type { RunEvent } from "../../../model/run-event.ts";
import { isRefusal, type PingFormat, type ReadPing } from "../ping-format.ts";

export interface ReadUrl {
  ping: ReadPing;
  event: RunEvent;
  warnings: readonly FieldProblem[];
}

/** @throws where the format refuses it */
export function readUrl(
  format: PingFormat,
  prefix: string,
  url: string,
  { body, now }: { body?: string | undefined; now: number },
): ReadUrl {
  const [path = "", query = ""] = url.slice(prefix.length).split("?");
  const ping = format.read(
    {
      path,
      query: parse(query),
      headers: {},
      client: "127.0.0.1",
      body: body === undefined ? null : { text: body, cut: false, sizeBytes: body.length },
    },
    validateCron,
  );
  if (isRefusal(ping)) throw new Error(`refused: ${ping.status} ${ping.text}`);
  const job =
    ping.target.by === "slug"
      ? { namespace: "default", environment: ping.target.environment ?? "", jobName: ping.target.slug }
      : { namespace: "default", environment: "", jobName: "by_uuid" };
  return { ping, ...ping.event(job, { at: now, unique: "f".repeat(32), userAgent: null }) };
}
