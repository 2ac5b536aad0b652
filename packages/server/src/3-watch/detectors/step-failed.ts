/** step_failed: the run ended well, but a step of it failed (a degraded run). */
import type { RunContext, RunDetector } from "./detector.ts";
import { whenInsideLimits } from "./mending.ts";

const NAMED_STEPS = 5;

export const stepFailed: RunDetector = {
  type: "step_failed",
  examine,
  mends: (context) => whenInsideLimits(context, examine),
};

function examine({ run }: RunContext) {
  if (!run.degraded || run.phase !== "completed") return null;
  const failed = run.steps.filter((step) => step.outcome === "failure");
  const names = failed.slice(0, NAMED_STEPS).map((step) => `"${step.name}"`);
  const more = failed.length > NAMED_STEPS ? ` and ${failed.length - NAMED_STEPS} more` : "";
  const error = failed.find((step) => step.errorMessage !== null)?.errorMessage;
  return {
    at: run.completedAt ?? run.lastEventAt,
    limitText: null,
    valueText: `${failed.length} failed ${failed.length === 1 ? "step" : "steps"}`,
    explanation: `The run ended well, but ${names.length === 0 ? "a step" : `${failed.length === 1 ? "step" : "steps"} ${names.join(", ")}${more}`} failed${error === undefined ? "." : `: ${error}`}`,
    byAbsence: false,
  };
}
