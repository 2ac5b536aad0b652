/** A run of another process or thread, in which steps are told here. It is begun, ended and beaten for where it came from. */

import { randomUUID } from "node:crypto";
import { ATTRIBUTES } from "@batchwatch/protocol/names";
import type { RunEventKind } from "@batchwatch/protocol/run-event";
import { type Attributes, type Context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { emitRunEvent } from "../telemetry/emit-run-event.ts";
import { type CarriedRun, carriedRun, type Environment } from "./carried-run.ts";
import { RunClock } from "./run-clock.ts";
import type { SteppedRun } from "./stepped-run.ts";

/** null: none is in this environment. */
export function carriedStep(environment: Environment): SteppedRun | null {
  const carried = carriedRun(environment);
  return carried?.jobName == null ? null : new ContinuedRun(carried, carried.jobName);
}

class ContinuedRun implements SteppedRun {
  readonly runId: string;
  readonly jobName: string;
  readonly hasEnded = false;
  readonly context: Context;
  readonly #clock = new RunClock();
  readonly #eventPrefix = `sdk-${randomUUID().slice(0, 13)}`;
  #sequence = 0;

  constructor({ runId, span }: CarriedRun, jobName: string) {
    this.runId = runId;
    this.jobName = jobName;
    this.context = span === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, span);
  }

  identity(): Attributes {
    return { [ATTRIBUTES.jobName]: this.jobName, [ATTRIBUTES.jobId]: this.runId };
  }

  now(): number {
    return this.#clock.now();
  }

  emit(kind: RunEventKind, at: number, body: string, attributes: Attributes, context = this.context): void {
    const eventId = `${this.#eventPrefix}-${this.#sequence++}`;
    emitRunEvent({ kind, eventId, at, body, attributes: { ...this.identity(), ...attributes }, context });
  }

  /** The run's figures are those of the process that began it. */
  stepEnded(): void {}
}
