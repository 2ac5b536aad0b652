/**
 * @batchwatch/sdk: what a batch job imports. It speaks through `@opentelemetry/api` alone, so it does nothing until an
 * OpenTelemetry SDK is registered: by `configureExport` of `@batchwatch/sdk/export`, or by the job's own.
 */

export { type BullmqJob, type BullmqOptions, bullmqProcessor } from "./adapters/bullmq.ts";
export { type CronOptions, cronRun } from "./adapters/cron.ts";
export { type BatchJobFunction, batchJob } from "./batch-job.ts";
export { batchStep, continueRun } from "./batch-step.ts";
export { type RunLogFields, runLogFields } from "./current-run.ts";
export { captureConsole } from "./logging/console.ts";
export { pinoRunOptions } from "./logging/pino.ts";
export { winstonRunFormat } from "./logging/winston.ts";
export type { Backoff } from "./run/retries.ts";
export type { EventAttributes, Run, Step } from "./run/run.ts";
export type { BatchJobOptions, MetadataInput } from "./run/run-options.ts";
