/** @batchwatch/sdk/export: OpenTelemetry for the process, sent by OTLP/HTTP to Batchwatch or anything else that takes it. */
export { configureExport, type ExportHandle } from "./export/configure-export.ts";
export type { DestinationOptions, ExportOptions, OtlpProtocol, OtlpSignal } from "./export/export-options.ts";
