/**
 * The deadline engine: looks at rows when they are due. Receives rows of the kinds that handlers are registered for;
 * hands on whatever the handlers commit. It knows nothing of runs, slots or incidents.
 *
 * The protocol, for any number of engines over one database:
 * 1. **Claim**: lease up to `CLAIM_LIMIT` due rows, oldest first. A row whose engine died is claimable when its lease ends.
 * 2. **Judge**: rows of different jobs side by side, rows of one job one after the other, so that each sees what the one
 *    before it committed. Time is given to the handler; it reads no clock.
 * 3. **Commit**: what the handlers answered, in one commit with the end of the rows. When another writer was faster
 *    (VersionConflictError) nothing of it is written, and each row is judged again by itself, from fresh rows.
 * 4. **Release**: a row that fails is pushed ahead (1 s, doubling, at most 5 min) and parked after `PARK_AFTER` failures:
 *    shown, counted, never due again by itself. It never stops the others.
 * 5. **Sleep** until the next row is due, the feed says that rows were set, or the poll interval has passed.
 */
import type { ChangeFeed } from "../../lib/change-feed.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Deadline } from "../../model/watch.ts";
import type { SelfMetrics, StageMeter } from "../../self-monitoring/self-metrics.ts";
import type { DeadlineHandler, Look } from "../../storage/deadline-handler.ts";
import { type LedgerStore, VersionConflictError } from "../../storage/ledger-store.ts";
import { joinLooks } from "./watch-commits.ts";

const CLAIM_LIMIT = 512;
/** Longer than any look takes; short, because rows of a killed server wait for it. */
const LEASE_MS = 10_000;
/** Backstop: rows set by other processes, lost wake-ups, a system clock that was set. */
const POLL_MS = 1000;
/** Between two rounds; also keeps a row that another engine holds from spinning this one. */
const LEAST_PAUSE_MS = 10;
/** Twice as long as the round took, at most this: most of the time belongs to the intake, and rounds grow with the load. */
const LONGEST_PAUSE_MS = 100;
const RETRY_FIRST_MS = 1000;
const RETRY_LONGEST_MS = 300_000;
const PARK_AFTER = 12;
const CONFLICT_TRIES = 3;
/** `runDue` gives up here: handlers that set themselves due again at once for ever are a bug. */
const RUN_DUE_ROUNDS = 1000;

/** What the engine asks of a log; pino has it. */
export interface EngineLog {
  warn(detail: Record<string, unknown>, message: string): void;
  error(detail: Record<string, unknown>, message: string): void;
}

export interface DeadlineEngineParts {
  store: LedgerStore;
  clock: Clock;
  feed: ChangeFeed;
  log: EngineLog;
  selfMetrics: SelfMetrics;
  /** Before each round of the running engine: the time that the round is judged by. */
  beforeRound?: (now: number) => Promise<void>;
}

export class DeadlineEngine {
  readonly #store: LedgerStore;
  readonly #clock: Clock;
  readonly #feed: ChangeFeed;
  readonly #log: EngineLog;
  readonly #meter: StageMeter;
  readonly #beforeRound: (now: number) => Promise<void>;
  readonly #handlers = new Map<string, DeadlineHandler>();
  /** Rows that judge an absence are not claimed before this (catch-up grace). */
  #absenceFrom = Number.NEGATIVE_INFINITY;
  #lagMs = 0;
  #lastRoundAt: number;
  #running: Promise<void> | null = null;
  #stopping = false;
  #wake: () => void = () => {};
  #woken = false;

  constructor(parts: DeadlineEngineParts) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#feed = parts.feed;
    this.#log = parts.log;
    this.#meter = parts.selfMetrics.stage("watch");
    this.#beforeRound = parts.beforeRound ?? (() => Promise.resolve());
    this.#lastRoundAt = parts.clock.now();
    parts.selfMetrics.gauge(
      "watch_lag_seconds",
      "How late the last deadline was looked at.",
      () => this.#lagMs / 1000,
    );
  }

  /** Call before `start`. Each kind has one handler. */
  register(...handlers: readonly DeadlineHandler[]): void {
    for (const handler of handlers) {
      if (this.#handlers.has(handler.kind))
        throw new Error(
          `Deadlines of kind "${handler.kind}" have a handler already; register one for each kind.`,
        );
      this.#handlers.set(handler.kind, handler);
    }
  }

  /** Epoch milliseconds of the last finished round, for readiness; before the first one, of the making. */
  lastRoundAt(): number {
    return this.#lastRoundAt;
  }

  /** Judgements of absence wait until then. */
  holdAbsenceUntil(at: number): void {
    this.#absenceFrom = at;
  }

  start(): void {
    if (this.#running !== null) return;
    this.#stopping = false;
    const unsubscribe = this.#feed.subscribe((change) => {
      if (change.topic === "deadlines") this.#wakeUp();
    });
    this.#running = this.#loop().finally(unsubscribe);
  }

  /** Resolves when the rows in hand are finished. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wakeUp();
    await this.#running;
    this.#running = null;
  }

  /** For tests and drills: looks at everything due at `now`, and at what that sets due, until nothing is. */
  async runDue(now: number): Promise<number> {
    let looked = 0;
    for (let round = 0; round < RUN_DUE_ROUNDS; round++) {
      const count = await this.#round(now);
      if (count === 0) return looked;
      looked += count;
    }
    throw new Error(
      `Deadlines are still due after ${RUN_DUE_ROUNDS} rounds; a handler sets itself due for ever.`,
    );
  }

  async #loop(): Promise<void> {
    let failures = 0;
    while (!this.#stopping) {
      try {
        const now = this.#clock.now();
        await this.#beforeRound(now);
        const begunAt = performance.now();
        const looked = await this.#round(now);
        this.#lastRoundAt = this.#clock.now();
        failures = 0;
        if (looked >= CLAIM_LIMIT) continue;
        // Under a stream of events each commit wakes the engine; a short pause lets one round take many of them.
        await this.#pause(
          Math.min(LONGEST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, 2 * (performance.now() - begunAt))),
        );
        const sleepMs = await this.#sleepMs();
        if (sleepMs > 0) await this.#sleep(sleepMs);
      } catch (error) {
        // Storage is away: nothing is lost, the rows wait.
        failures += 1;
        this.#meter.failed("ENGINE");
        this.#log.error({ err: error }, "The deadline engine can't reach the ledger; it tries again.");
        await this.#sleep(Math.min(RETRY_FIRST_MS * 2 ** Math.min(failures - 1, 5), 30_000));
      }
    }
  }

  async #round(now: number): Promise<number> {
    const rows = await this.#store.claimDeadlines(this.#kindsAt(now), now, CLAIM_LIMIT, LEASE_MS);
    if (rows.length === 0) {
      this.#meter.backlog(0);
      return 0;
    }
    this.#lagMs = Math.max(0, now - Math.min(...rows.map((row) => row.dueAt)));
    if (rows.length === CLAIM_LIMIT) this.#meter.backlog((await this.#store.deadlineBacklog(now)).due);
    for (const wave of wavesByJob(rows)) await this.#lookAt(wave, now);
    return rows.length;
  }

  #kindsAt(now: number): string[] {
    const held = now < this.#absenceFrom;
    return [...this.#handlers.values()]
      .filter((handler) => !(held && handler.judgesAbsence === true))
      .map((handler) => handler.kind);
  }

  /** Rows of different jobs: judged side by side, committed together. */
  async #lookAt(rows: readonly Deadline[], now: number): Promise<void> {
    const begunAt = performance.now();
    const looks = await Promise.all(
      rows.map(async (row) => {
        try {
          return { row, look: await this.#handlerOf(row).handle(row, now) };
        } catch (error) {
          await this.#release(row, error, now);
          return { row, look: null };
        }
      }),
    );
    const toCommit = looks.flatMap(({ row, look }) =>
      look === null ? [] : [{ deadlineId: row.id, row, look }],
    );
    if (toCommit.length > 0) {
      try {
        await this.#store.commitWatch(joinLooks(toCommit));
        for (const { look } of toCommit) this.#tell(look);
      } catch (error) {
        if (!(error instanceof VersionConflictError)) this.#meter.failed("COMMIT");
        for (const { row } of toCommit) await this.#lookAgain(row, now);
      }
    }
    this.#meter.done(performance.now() - begunAt, rows.length);
  }

  /** One row by itself, from fresh rows: after a conflict, or to find the one row that spoils a joint commit. */
  async #lookAgain(row: Deadline, now: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const look = await this.#handlerOf(row).handle(row, now);
        if (look === null) return;
        await this.#store.commitWatch(joinLooks([{ deadlineId: row.id, look }]));
        this.#tell(look);
        return;
      } catch (error) {
        if (error instanceof VersionConflictError && attempt < CONFLICT_TRIES) continue;
        await this.#release(row, error, now);
        return;
      }
    }
  }

  async #release(row: Deadline, error: unknown, now: number): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    const delayMs = Math.min(RETRY_FIRST_MS * 2 ** row.failures, RETRY_LONGEST_MS);
    const parked = row.failures + 1 >= PARK_AFTER;
    this.#meter.failed(error instanceof VersionConflictError ? "CONFLICT" : "LOOK");
    const detail = { err: error, kind: row.kind, subject: row.subject, failures: row.failures + 1 };
    if (parked) this.#log.error(detail, "A deadline failed too often and is parked.");
    else this.#log.warn(detail, "A deadline could not be judged; it is looked at again later.");
    await this.#store.failDeadline(row.id, message, parked ? null : now + delayMs);
  }

  #handlerOf(row: Deadline): DeadlineHandler {
    const handler = this.#handlers.get(row.kind);
    if (handler === undefined)
      throw new Error(`No handler is registered for deadlines of kind "${row.kind}".`);
    return handler;
  }

  #tell(look: Look): void {
    for (const change of look.changes ?? []) this.#feed.publish(change);
  }

  async #sleepMs(): Promise<number> {
    const now = this.#clock.now();
    const nextAt = await this.#store.nextDeadlineAt(this.#kindsAt(now));
    const untilHoldEnds = this.#absenceFrom > now ? this.#absenceFrom - now : POLL_MS;
    const untilNext = nextAt === null ? POLL_MS : nextAt - now;
    return Math.min(POLL_MS, untilHoldEnds, untilNext);
  }

  /** Not ended by a wake-up, which is kept for the sleep that follows. */
  #pause(ms: number): Promise<void> {
    return this.#stopping ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
  }

  #sleep(ms: number): Promise<void> {
    if (this.#woken || this.#stopping) {
      this.#woken = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => {};
        this.#woken = false;
        resolve();
      };
    });
  }

  #wakeUp(): void {
    this.#woken = true;
    this.#wake();
  }
}

/** The first row of each job, then the second of each, … Rows without a job stand by themselves. */
function wavesByJob(rows: readonly Deadline[]): Deadline[][] {
  const waves: Deadline[][] = [];
  const seen = new Map<number, number>();
  for (const row of rows) {
    const index = row.jobId === null ? 0 : (seen.get(row.jobId) ?? 0);
    if (row.jobId !== null) seen.set(row.jobId, index + 1);
    const wave = waves[index] ?? [];
    wave.push(row);
    waves[index] = wave;
  }
  return waves;
}
