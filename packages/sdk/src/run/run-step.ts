/**
 * A step: a span `batch_step.<name>` inside the attempt's span or another step's, and the log events that tell of it while it
 * runs, under the span's id.
 */
import { randomBytes } from "node:crypto";
import { ATTRIBUTES, RUN_EVENT_ATTRIBUTES as NAMES } from "@batchwatch/protocol/names";
import { type Attributes, type Context, context, isSpanContextValid, trace } from "@opentelemetry/api";
import { exceptionAttributes, recordAttributes } from "../telemetry/run-attributes.ts";
import { endSpan, type OpenSpan, startStepSpan } from "./attempt-span.ts";
import { errorFactOf } from "./error-fact.ts";
import { guarded } from "./guarded.ts";
import { hub, type ScopedRun } from "./hub.ts";
import { plainText } from "./plain-values.ts";
import type { Step } from "./run.ts";
import { StepHandle } from "./step-handle.ts";
import type { SteppedRun } from "./stepped-run.ts";

/**
 * Does `work` as a step. On a run that has ended, or when telling fails, `work` is done all the same.
 * @throws what `work` throws
 */
export async function runStep<T>(
  run: SteppedRun,
  name: string,
  work: (step: Step) => T | PromiseLike<T>,
): Promise<T> {
  const stepName = guarded("a step's name", () => plainText(name).trim().slice(0, 200), "") || "unnamed";
  const told = guarded(`step ${stepName}`, () => new ToldStep(run, stepName), null);
  const handle = new StepHandle(run, stepName, told?.opened ?? null, (inner, innerWork) =>
    runStep(run, inner, innerWork),
  );
  if (told === null) return await work(handle);
  try {
    const result = await inside(run, told.opened, () => work(handle));
    told.end(handle, null);
    return result;
  } catch (error) {
    told.end(handle, { error });
    throw error;
  }
}

/** Runs `work` with this span as the active one and as the place of whatever is nested in it. */
export function inside<T>(run: ScopedRun, opened: OpenSpan, work: () => T): T {
  return hub.scopes.run({ run, span: opened.span, context: opened.context }, () =>
    context.with(opened.context, work),
  );
}

class ToldStep {
  readonly opened: OpenSpan;
  readonly #run: SteppedRun;
  readonly #name: string;
  readonly #attributes: Attributes;

  constructor(run: SteppedRun, name: string) {
    const at = run.now();
    const outer = outerOf(run);
    const outerSpan = trace.getSpanContext(outer);
    this.#run = run;
    this.#name = name;
    this.opened = startStepSpan(name, { ...run.identity(), [ATTRIBUTES.stepName]: name }, at, outer);
    const own = this.opened.span.spanContext();
    this.#attributes = {
      [ATTRIBUTES.stepName]: name,
      [NAMES.stepId]: isSpanContextValid(own) ? own.spanId : randomBytes(8).toString("hex"),
      ...(outerSpan !== undefined &&
        isSpanContextValid(outerSpan) && { [NAMES.stepParentId]: outerSpan.spanId }),
    };
    if (!run.hasEnded)
      run.emit("step_started", at, `Step ${name} started`, this.#attributes, this.opened.context);
  }

  end(handle: StepHandle, thrown: { error: unknown } | null): void {
    guarded(`the end of step ${this.#name}`, () => this.#end(handle, thrown), undefined);
    handle.close();
  }

  #end(handle: StepHandle, thrown: { error: unknown } | null): void {
    const run = this.#run;
    const at = run.now();
    const told = thrown === null ? null : errorFactOf(thrown.error);
    const records = handle.records();
    const attributes = recordAttributes(records);
    endSpan(this.opened.span, at, attributes, told, told === null);
    if (run.hasEnded) return;
    run.stepEnded(records);
    const facts = {
      ...this.#attributes,
      ...attributes,
      [NAMES.stepOutcome]: told === null ? "success" : "failure",
      ...(told !== null && exceptionAttributes(told)),
    };
    const body =
      told === null ? `Step ${this.#name} ended` : `Step ${this.#name} failed: ${told.type}: ${told.message}`;
    run.emit("step_ended", at, body, facts, this.opened.context);
  }
}

/** The step around this one where it is of the same run, else the run itself. A user's own span between them counts too. */
function outerOf(run: SteppedRun): Context {
  const active = context.active();
  if (trace.getSpan(active) !== undefined) return active;
  const scope = hub.scopes.getStore();
  return scope !== undefined && scope.run.runId === run.runId ? scope.context : run.context;
}
