/**
 * Healthchecks' pings: `/ping/<uuid>[/action]` and `/ping/<ping key>/<slug>[/action]`. Texts, headers and status codes are those
 * that its clients look for. The address: parse-ping.ts; the event: ping-event.ts.
 */
import { parsePing } from "./parse-ping.ts";
import { pingEvent } from "./ping-event.ts";
import { firstOf, isRefusal, type PingFormat } from "./ping-format.ts";

export const healthchecksPing: PingFormat = {
  read({ path, query, client, body }) {
    const ping = parsePing(path, { rid: firstOf(query, "rid"), create: firstOf(query, "create") });
    if (isRefusal(ping)) return ping;
    return {
      target: ping.target,
      create: ping.create,
      event: (job, receipt) => ({ event: pingEvent(ping, job, body, { ...receipt, client }), warnings: [] }),
    };
  },
  answer: (created) => (created ? { status: 201, text: "Created" } : { status: 200, text: "OK" }),
};
