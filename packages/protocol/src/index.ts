/** What Batchwatch's parts say to each other: events, phases, names, settings, API resources. No I/O. */
export * from "./api/requests.ts";
export * from "./api/resources.ts";
export * from "./job-settings.ts";
export * from "./judgements.ts";
export * from "./names.ts";
export * from "./phases.ts";
export * from "./run-event.ts";
