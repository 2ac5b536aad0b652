/** What the evaluation of one rule is given and gives. */
import type { Labels } from "../labels.ts";
import type { QueryAnswer } from "../query-result.ts";
import type { AlertState, LabelRecord } from "./group-state.ts";

export interface RuleSample {
  readonly labels: Labels;
  readonly at: number;
  readonly value: number;
}

/** A series that ended: a stale marker is to be written at this time. */
export interface StaleSeries {
  readonly labels: Labels;
  readonly at: number;
}

export interface RuleOutput {
  readonly samples: readonly RuleSample[];
  readonly staleSeries: readonly StaleSeries[];
}

export type AskQuery = (query: string, at: number) => QueryAnswer | Promise<QueryAnswer>;

/** What the evaluation of one rule gives; `problem` leaves everything as it was. */
export type RuleResult =
  | { readonly kind: "ok"; readonly samples: readonly RuleSample[]; readonly alerts: readonly AlertState[] }
  | { readonly kind: "problem"; readonly message: string; readonly clearsAlerts: boolean };

export interface RuleSurroundings {
  readonly at: number;
  /** When queries are asked and results are written: `at`, shifted by the group's offset. */
  readonly queryAt: number;
  readonly limit: number;
  readonly query: AskQuery;
  readonly externalLabels: LabelRecord;
  readonly externalUrl: string;
}

export function labelRecord(labels: Labels): LabelRecord {
  return Object.fromEntries(labels.names.map((name, index) => [name, labels.values[index] ?? ""]));
}
