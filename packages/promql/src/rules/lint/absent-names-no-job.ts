import type { VectorSelector } from "../../parse/ast.ts";
import { callsIn, namesOne } from "./expression-parts.ts";
import type { LintRemark, RuleLint } from "./rule-lint.ts";

const ABSENT = new Set(["absent", "absent_over_time"]);
/** What can tell the jobs or targets apart whose absence is meant. */
const NAMING = ["job_name", "job", "instance", "dag_id", "task_id", "service", "namespace"];

/** `absent` gives one sample for all that is missing: only what the selector says with `=` is on it. */
export const ABSENT_NAMES_NO_JOB: RuleLint = {
  code: "absent-names-no-job",
  look: ({ expr }) =>
    callsIn(expr, ABSENT).flatMap((call) => {
      const [arg] = call.args;
      const selector = arg?.kind === "range" ? arg.selector : arg;
      if (selector?.kind === "selector")
        return namesOne(selector, NAMING) ? [] : [remarkOnSelector(call.name, selector)];
      return [
        {
          message: `${call.name}() of anything but a plain selector has no labels: the alert names no job`,
          remedy: "Give it a plain selector with an equality matcher, one rule a job.",
        },
      ];
    }),
};

function remarkOnSelector(name: string, { matchers }: VectorSelector): LintRemark {
  const pattern = matchers.find(({ name: label, op }) => op === "=~" && NAMING.includes(label));
  const why =
    pattern === undefined
      ? "its selector names no job"
      : `${pattern.name}=~"${pattern.value}" is a pattern, which gives no label`;
  return {
    message: `${name}() names no job: ${why}, and it fires only when every matching series is gone, so one silent job among others is never seen`,
    remedy:
      "Write one rule a job with an equality matcher, or list what is expected: expected_jobs unless on (job_name) seen_jobs.",
  };
}
