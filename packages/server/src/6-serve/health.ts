/**
 * `GET /healthz`: the process answers. `GET /readyz`: every part can do its work; 503 with the parts that cannot.
 * The details are for those who may read.
 */
import type { FastifyInstance } from "fastify";
import { type AccessControl, secretFromHeaders } from "../access/access-control.ts";
import { permits } from "../access/api-keys.ts";
import type { Clock } from "../lib/clock.ts";

/** One part of the server that can be ready or not. */
export interface ReadinessPart {
  name: string;
  /** Why it is not ready, null when it is. */
  check(): Promise<string | null> | string | null;
  /** A part that only deserves a look: shown, but the server stays ready. */
  advisory?: boolean;
  /** A check that costs something: its answer is good for this long. */
  keepMs?: number;
}

interface PartState {
  ready: boolean;
  detail?: string;
}

/** A part that answers no sooner than this is not ready. */
const CHECK_TIMEOUT_MS = 5_000;

export function registerHealth(
  app: FastifyInstance,
  access: AccessControl,
  parts: readonly ReadinessPart[],
  clock: Clock,
): void {
  const asked = parts.map((part) => ({ part, state: keptState(part, clock) }));
  app.get("/healthz", { config: { scope: "public" } }, (_request, reply) =>
    reply.header("cache-control", "no-store").send({ status: "up" }),
  );

  app.get("/readyz", { config: { scope: "public" } }, async (request, reply) => {
    const states = await Promise.all(asked.map(async ({ part, state }) => ({ part, state: await state() })));
    const ready = states.every(({ part, state }) => state.ready || part.advisory === true);
    const shown = await mayRead(access, secretFromHeaders(request.headers));
    return reply
      .code(ready ? 200 : 503)
      .header("cache-control", "no-store")
      .send({
        status: ready ? "ready" : "not_ready",
        parts: Object.fromEntries(
          states.map(({ part, state }) => [part.name, shown ? state : { ready: state.ready }]),
        ),
      });
  });
}

/** Probes that come while a check is under way, or soon after it, share its answer. */
function keptState(part: ReadinessPart, clock: Clock): () => Promise<PartState> {
  const { keepMs = 0 } = part;
  let kept: { askedAt: number; state: Promise<PartState> } | null = null;
  return () => {
    const now = clock.now();
    if (kept === null || Math.abs(now - kept.askedAt) >= keepMs)
      kept = { askedAt: now, state: stateOf(part) };
    return kept.state;
  };
}

async function stateOf(part: ReadinessPart): Promise<PartState> {
  let timer: NodeJS.Timeout | undefined;
  const tooSlow = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, CHECK_TIMEOUT_MS, `no answer within ${CHECK_TIMEOUT_MS / 1000} s`);
  });
  try {
    const why = await Promise.race([Promise.resolve(part.check()), tooSlow]);
    return why === null ? { ready: true } : { ready: false, detail: why };
  } catch (error) {
    return { ready: false, detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

async function mayRead(access: AccessControl, secret: string | null): Promise<boolean> {
  try {
    return permits((await access.authenticate(secret)).scope, "read");
  } catch {
    return false;
  }
}
