/** What Batchwatch's parts say to each other: events, phases, names, settings, API resources. No I/O. */
export * from "./api/requests.ts";
export * from "./api/resources.ts";
export * from "./api/stream-message.ts";
export * from "./config-schema.ts";
export * from "./cut-text.ts";
export * from "./duration.ts";
export * from "./field-problem.ts";
export * from "./instant.ts";
export * from "./job-settings.ts";
export { camelCase } from "./job-settings-keys.ts";
export * from "./job-settings-schema.ts";
export * from "./jobs-file-schema.ts";
export * from "./judgements.ts";
export * from "./names.ts";
export * from "./nearest-name.ts";
export * from "./phases.ts";
export * from "./run-event.ts";
export * from "./run-event-schema.ts";
