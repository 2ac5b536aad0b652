/**
 * The samples of a fleet of batch jobs, as its series would have been scraped: twenty series a job, all families that the
 * shipped dashboards and rules read. The same for every peer and every run: nothing here is random but by a fixed seed.
 */
const SERIES_A_JOB = 20;
const DURATION_BOUNDS = ["30", "60", "120", "300", "600", "1800", "3600", "7200", "+Inf"];
const WAIT_BOUNDS = ["1", "5", "30", "+Inf"];
const JOB_TYPES = ["etl", "report", "backup", "ml", "migration"];

export interface FleetSeries {
  labels: readonly (readonly [name: string, value: string])[];
}

export class Fleet {
  readonly series: readonly FleetSeries[];
  /** The value of each series now. */
  readonly values: Float64Array;
  readonly #jobs: Job[];

  /** @param seriesCount rounded up to whole jobs of twenty series */
  constructor(seriesCount: number, startAt: number) {
    this.#jobs = Array.from(
      { length: Math.ceil(seriesCount / SERIES_A_JOB) },
      (_, index) => new Job(index, startAt),
    );
    this.series = this.#jobs.flatMap((job) => job.series());
    this.values = new Float64Array(this.series.length);
  }

  /** Times only go forward. */
  advanceTo(at: number): void {
    for (const [index, job] of this.#jobs.entries()) job.advanceTo(at, this.values, index * SERIES_A_JOB);
  }
}

class Job {
  readonly #name: string;
  readonly #type: string;
  readonly #everyMs: number;
  readonly #usualMs: number;
  readonly #random: () => number;
  #startsAt: number;
  #durationMs: number;
  readonly #durations = new Float64Array(DURATION_BOUNDS.length);
  readonly #waits = new Float64Array(WAIT_BOUNDS.length);
  #successes = 0;
  #failures = 0;
  #records = 0;
  #violations = 0;
  #lastSuccessAt: number;

  constructor(index: number, startAt: number) {
    this.#name = `job_${String(index).padStart(4, "0")}`;
    this.#type = JOB_TYPES[index % JOB_TYPES.length] ?? "etl";
    this.#random = seeded(index + 1);
    this.#everyMs = [5, 15, 60, 360, 1440][index % 5] ?? 60;
    this.#everyMs *= 60_000;
    this.#usualMs = this.#everyMs * (0.1 + 0.5 * this.#random());
    this.#startsAt = startAt + this.#everyMs * this.#random();
    this.#durationMs = this.#nextDuration();
    this.#lastSuccessAt = startAt;
  }

  series(): FleetSeries[] {
    const job: [string, string] = ["job_name", this.#name];
    const type: [string, string] = ["job_type", this.#type];
    const one = (name: string, ...labels: [string, string][]): FleetSeries => ({
      labels: [["__name__", name] as [string, string], ...labels].sort(([a], [b]) => (a < b ? -1 : 1)),
    });
    return [
      ...DURATION_BOUNDS.map((le) =>
        one("batch_job_duration_seconds_bucket", job, type, ["le", le], ["status", "success"]),
      ),
      ...WAIT_BOUNDS.map((le) => one("batch_job_queue_wait_seconds_bucket", job, ["le", le])),
      one("batch_job_completions_total", job, type, ["status", "success"]),
      one("batch_job_completions_total", job, type, ["status", "failure"], ["error_type", "Timeout"]),
      one("batch_job_records_processed_total", job, ["status", "success"]),
      one("batch_jobs_running", job, type),
      one("batch_job_last_success_timestamp", job),
      one("batch_job_sla_violations_total", job, ["violation_type", "duration_exceeded"]),
      one("batch_job_heartbeat", job, ["job_id", `${this.#name}-run`]),
    ];
  }

  advanceTo(at: number, values: Float64Array, offset: number): void {
    while (this.#startsAt + this.#durationMs <= at) this.#end(this.#startsAt + this.#durationMs);
    const isRunning = at >= this.#startsAt;
    values.set(this.#durations, offset);
    values.set(this.#waits, offset + DURATION_BOUNDS.length);
    values.set(
      [
        this.#successes,
        this.#failures,
        this.#records + (isRunning ? Math.floor((at - this.#startsAt) / 10) : 0),
        isRunning ? 1 : 0,
        this.#lastSuccessAt / 1000,
        this.#violations,
        isRunning ? 1 : 0,
      ],
      offset + DURATION_BOUNDS.length + WAIT_BOUNDS.length,
    );
  }

  #end(at: number): void {
    const seconds = this.#durationMs / 1000;
    count(this.#durations, DURATION_BOUNDS, seconds);
    count(this.#waits, WAIT_BOUNDS, 40 * this.#random() ** 3);
    this.#records += Math.floor(this.#durationMs / 10);
    if (this.#random() < 0.04) this.#failures += 1;
    else {
      this.#successes += 1;
      this.#lastSuccessAt = Math.round(at / 1000) * 1000;
    }
    if (this.#durationMs > this.#usualMs * 1.4) this.#violations += 1;
    this.#startsAt = Math.max(this.#startsAt + this.#everyMs, at);
    this.#durationMs = this.#nextDuration();
  }

  #nextDuration(): number {
    return Math.round(this.#usualMs * (0.7 + 0.8 * this.#random()));
  }
}

function count(buckets: Float64Array, bounds: readonly string[], value: number): void {
  for (const [index, le] of bounds.entries())
    if (value <= (le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le)))
      buckets[index] = (buckets[index] ?? 0) + 1;
}

/** A small multiplicative generator; quality does not matter here, being the same everywhere does. */
function seeded(seed: number): () => number {
  let state = (seed * 2_654_435_761) % 2_147_483_647 || 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
