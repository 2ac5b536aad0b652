/**
 * Sends what the spool holds for this server and key, oldest first, one sender at a time. Stops at the first sign that
 * the server is away: the rest stays for the next one.
 */
import { deliverEvents } from "./deliver-events.ts";
import type { ServerTarget } from "./server-target.ts";
import { keyFingerprint } from "./server-target.ts";
import type { Spool } from "./spool.ts";

/** What is older tells nobody anything. */
const MAX_AGE_MS = 30 * 24 * 60 * 60 * 1000;
const POST_TIMEOUT_MS = 10_000;

export interface DrainOptions {
  now: () => number;
  /** Ends the work early; a file that is under way stays. */
  signal?: AbortSignal;
  warn: (message: string) => void;
  /** Send also what was spooled under another key. */
  anyKey?: boolean;
}

export interface DrainResult {
  deliveredBatches: number;
  deliveredEvents: number;
  /** Batches for this server that were left alone, for they were kept under another key, or under none. */
  otherKeyBatches: number;
  /** Batches that wait for another server. */
  otherServerBatches: number;
  /** Why it stopped before the end; null when nothing is left for this server. */
  stoppedBecause: string | null;
}

export async function drainSpool(
  spool: Spool,
  target: ServerTarget,
  options: DrainOptions,
): Promise<DrainResult> {
  const result: DrainResult = {
    deliveredBatches: 0,
    deliveredEvents: 0,
    otherKeyBatches: 0,
    otherServerBatches: 0,
    stoppedBecause: null,
  };
  if (spool.list().length === 0) return result;
  const lock = spool.lock(options.now);
  if (lock === null) return { ...result, stoppedBecause: "another sender is at work" };
  try {
    for (const path of spool.list()) {
      if (options.signal?.aborted) return { ...result, stoppedBecause: "time is up" };
      lock.touch();
      const outcome = await sendFile(spool, path, target, options);
      switch (outcome.kind) {
        case "delivered":
          result.deliveredBatches++;
          result.deliveredEvents += outcome.events;
          break;
        case "other key":
          result.otherKeyBatches++;
          break;
        case "other server":
          result.otherServerBatches++;
          break;
        case "passed over":
          break;
        case "stopped":
          return { ...result, stoppedBecause: outcome.why };
      }
    }
    return result;
  } finally {
    lock.release();
  }
}

type FileOutcome =
  | { kind: "delivered"; events: number }
  | { kind: "other key" }
  | { kind: "other server" }
  /** Gone, or set aside. */
  | { kind: "passed over" }
  | { kind: "stopped"; why: string };

async function sendFile(
  spool: Spool,
  path: string,
  target: ServerTarget,
  options: DrainOptions,
): Promise<FileOutcome> {
  const reading = spool.read(path);
  if (reading.kind === "gone") return { kind: "passed over" };
  if (reading.kind === "corrupt") {
    options.warn(`spooled file ${path} cannot be read; it is now in rejected/`);
    spool.reject(path, "corrupt");
    return { kind: "passed over" };
  }
  const { batch } = reading;
  if (batch.url !== target.url) return { kind: "other server" };
  if (batch.key !== keyFingerprint(target.apiKey) && !options.anyKey) return { kind: "other key" };
  if (isTooOld(path, options.now())) {
    spool.reject(path, "too-old");
    return { kind: "passed over" };
  }
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const outcome = await deliverEvents(target, batch.events, { timeoutMs: POST_TIMEOUT_MS, ...signal });
  switch (outcome.kind) {
    case "delivered":
      if (outcome.refused.length > 0) {
        options.warn(
          `spooled event refused: ${outcome.refused[0]?.message}; it is now in ${spool.directory}/rejected`,
        );
        spool.writeRejected(outcome.refused, options.now());
      }
      spool.remove(path);
      return { kind: "delivered", events: batch.events.length - outcome.refused.length };
    case "refused":
      options.warn(`spooled file ${path} refused (${outcome.message}); it is now in rejected/`);
      spool.reject(path, "refused");
      return { kind: "passed over" };
    case "misdirected":
    case "unavailable":
      return { kind: "stopped", why: outcome.message };
  }
}

function isTooOld(path: string, now: number): boolean {
  const at = Number(/(\d{15})-[^/]*$/.exec(path)?.[1]);
  return Number.isFinite(at) && now - at > MAX_AGE_MS;
}
