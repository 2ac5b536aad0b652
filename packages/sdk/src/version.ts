/** Name and version of the instrumentation scope. */
export const SCOPE_NAME = "@batchwatch/sdk";
export const SDK_VERSION = "0.1.0";
