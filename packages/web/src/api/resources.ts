/** The resources of the API by the names that the pages use, taken from the contract. */
import type {
  DashboardDetail,
  IncidentDetail,
  IncidentSummary,
  JobDetail,
  JobSummary,
  logViewSchema,
  RunDetail,
  RunSummary,
  runEventViewSchema,
  spanViewSchema,
} from "@batchwatch/protocol";

export type {
  DashboardDetail,
  DashboardList,
  DashboardProblem,
  DashboardSummary,
  IncidentDetail,
  IncidentSummary,
  JobDetail,
  JobSummary,
  Judgement,
  Overview,
  RunDetail,
  RunSummary,
  Severity,
  StripBar,
} from "@batchwatch/protocol";

export type DashboardPanel = DashboardDetail["panels"][number];
export type Attempt = RunDetail["attempts"][number];
export type Delivery = IncidentDetail["deliveries"][number];
export type LogView = ReturnType<typeof logViewSchema.parse>;
export type RunEventView = ReturnType<typeof runEventViewSchema.parse>;
export type Setting = JobDetail["settings"][number];
export type Slot = JobDetail["upcomingSlots"][number];
export type SpanView = ReturnType<typeof spanViewSchema.parse>;
export type Step = RunDetail["steps"][number];
export type Witness = RunDetail["witnesses"][number];

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}
export type JobPage = Page<JobSummary>;
export type RunPage = Page<RunSummary>;
export type IncidentPage = Page<IncidentSummary>;
