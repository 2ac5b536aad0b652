/**
 * A panel's query as it is asked: the chosen jobs and the range put in. `$job_name` stands for the jobs as a regular
 * expression; a query that does not name it is narrowed to the chosen jobs all the same, by a matcher in each selector,
 * so that the choice works on every dashboard. Also `$__range`, `$__interval` and `$__rate_interval`. Pure.
 */
import { parser } from "@prometheus-io/lezer-promql";

export interface QueryChoice {
  /** None = all. */
  jobs: readonly string[];
  rangeMs: number;
  stepMs: number;
}

const JOB_VARIABLE = /\$job_name\b|\$\{job_name(?::[a-z]+)?\}/g;
const BUILT_IN = /\$(?:\{(__\w+)\}|(__\w+))/g;
/** What a rate needs to see two samples of a series that is written every 15 s, with one to spare. */
const SHORTEST_RATE_MS = 60_000;
const SAMPLE_EVERY_MS = 15_000;

export function fillQuery(query: string, choice: QueryChoice): string {
  const timed = query.replaceAll(BUILT_IN, (whole, braced?: string, bare?: string) => {
    const text = builtIn(braced ?? bare ?? "", choice);
    return text ?? whole;
  });
  const pattern = jobPattern(choice.jobs);
  if (new RegExp(JOB_VARIABLE.source).test(timed)) return timed.replaceAll(JOB_VARIABLE, () => pattern);
  return choice.jobs.length === 0 ? timed : withMatcher(timed, `job_name=~"${pattern}"`);
}

/** For the text of a PromQL string: RE2's own characters and both kinds of quote are escaped. */
function jobPattern(jobs: readonly string[]): string {
  if (jobs.length === 0) return ".*";
  return jobs
    .map((job) => job.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
    .join("|")
    .replaceAll("\\", "\\\\")
    .replaceAll('"', String.raw`\x22`)
    .replaceAll("'", String.raw`\x27`);
}

function builtIn(name: string, { rangeMs, stepMs }: QueryChoice): string | null {
  const rateMs = Math.max(stepMs + SAMPLE_EVERY_MS, SHORTEST_RATE_MS);
  switch (name) {
    case "__range":
      return `${Math.round(rangeMs / 1_000)}s`;
    case "__range_s":
      return String(Math.round(rangeMs / 1_000));
    case "__range_ms":
      return String(rangeMs);
    case "__interval":
      return `${Math.max(1, Math.round(stepMs / 1_000))}s`;
    case "__interval_ms":
      return String(stepMs);
    case "__rate_interval":
      return `${Math.round(rateMs / 1_000)}s`;
    default:
      return null;
  }
}

/** Puts the matcher into each selector. What cannot be parsed is left alone: the server says what is wrong with it. */
function withMatcher(query: string, matcher: string): string {
  const insertions: { at: number; text: string }[] = [];
  parser.parse(query).iterate({
    enter({ node }) {
      if (node.name !== "VectorSelector") return;
      const matchers = node.getChild("LabelMatchers");
      if (matchers === null) insertions.push({ at: node.to, text: `{${matcher}}` });
      else {
        const empty =
          query
            .slice(matchers.from + 1, matchers.to - 1)
            .replaceAll(/#.*$/gm, "")
            .trim() === "";
        insertions.push({ at: matchers.from + 1, text: empty ? matcher : `${matcher}, ` });
      }
    },
  });
  return insertions
    .toSorted((a, b) => b.at - a.at)
    .reduce((text, { at, text: added }) => text.slice(0, at) + added + text.slice(at), query);
}
