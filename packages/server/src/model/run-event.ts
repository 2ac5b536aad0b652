/**
 * The run event as it moves through the server: normalised, in epoch milliseconds, with its witness.
 * Receivers make it; the ledger reduces it. SEMANTICS sections 1 to 3.
 */
import type {
  ErrorFact,
  JobSettings,
  ProgressFact,
  RecordCounts,
  ResourceFact,
  RunEventKind,
  RunType,
  StepFact,
  WitnessKind,
} from "@batchwatch/protocol";
import type { JobKey, RunAlias, RunRef } from "./identity.ts";

/** Kinds that only Batchwatch itself says, as witness `batchwatch`. */
export const OWN_EVENT_KINDS = ["suspected", "lost", "finalised"] as const;
export type OwnEventKind = (typeof OWN_EVENT_KINDS)[number];

export interface RunEvent {
  /** Makes repeated delivery harmless: given by the sender, else a hash of the event (never of its receipt). */
  eventId: string;
  kind: RunEventKind | OwnEventKind;
  /** null only with a `span` reference whose job nobody has named yet. */
  job: JobKey | null;
  run: RunRef;
  /** Further names under which this run may be found later, or was known before. */
  aliases: readonly RunAlias[];
  /** When it happened, by the sender's clock. */
  at: number;
  /** How far `at` may be off, e.g. an export interval; 0 = exact. */
  withinMs: number;
  /** When we got it. Never part of what a run is; only of what is shown, and of how far its sender's clock is off. */
  receivedAt: number;
  /** Our clock minus the sender's, where it said when it sent this; `at` is by its clock then. */
  clockOffsetMs?: number;
  witness: WitnessKind;
  attempt?: number;
  runType?: RunType;
  jobType?: string;
  scheduledAt?: number;
  queuedAt?: number;
  startedAt?: number;
  durationMs?: number;
  step?: StepFact;
  records?: RecordCounts;
  progress?: ProgressFact;
  error?: ErrorFact;
  exitCode?: number;
  signal?: string;
  resources?: ResourceFact;
  heartbeatIntervalMs?: number;
  final?: boolean;
  maxAttempts?: number;
  /** Made from counters only: the run has no id of its own and may be absorbed by one that has. */
  anonymous?: boolean;
  metadata?: Readonly<Record<string, string | number | boolean>>;
  traceId?: string;
  spanId?: string;
  host?: string;
  message?: string;
  /** Settings the sender declares in code. */
  jobSettings?: Partial<JobSettings>;
  /** Own events of silence only: signs of life up to then, by our clock, were considered. */
  heardUntil?: number;
  /** Name of the sending program, e.g. OpenTelemetry's `service.name`. */
  source?: string;
}
