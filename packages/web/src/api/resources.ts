/** The resources of the API by the names that the pages use, taken from the contract. */
import type {
  attemptSchema,
  deadlineSchema,
  deliverySchema,
  IncidentSummary,
  JobSummary,
  logViewSchema,
  RunSummary,
  runEventViewSchema,
  settingSchema,
  slotSchema,
  spanViewSchema,
  stepSchema,
  witnessSchema,
} from "@batchwatch/protocol";
import type { z } from "zod";

export type {
  IncidentDetail,
  IncidentSummary,
  JobDetail,
  JobSummary,
  Judgement,
  Overview,
  RunDetail,
  RunPhase,
  RunSummary,
  Severity,
  StripBar,
} from "@batchwatch/protocol";

export type Attempt = z.infer<typeof attemptSchema>;
export type Deadline = z.infer<typeof deadlineSchema>;
export type Delivery = z.infer<typeof deliverySchema>;
export type LogView = z.infer<typeof logViewSchema>;
export type RunEventView = z.infer<typeof runEventViewSchema>;
export type Setting = z.infer<typeof settingSchema>;
export type Slot = z.infer<typeof slotSchema>;
export type SpanView = z.infer<typeof spanViewSchema>;
export type Step = z.infer<typeof stepSchema>;
export type Witness = z.infer<typeof witnessSchema>;

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}
export type JobPage = Page<JobSummary>;
export type RunPage = Page<RunSummary>;
export type IncidentPage = Page<IncidentSummary>;
