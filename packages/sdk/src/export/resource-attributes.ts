/** Who sends: the resource of all three signals. What the job says goes before the environment. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Attributes } from "@opentelemetry/api";
import { plainValues } from "../run/plain-values.ts";
import { SCOPE_NAME, SDK_VERSION } from "../version.ts";
import { type ExportOptions, headersOfText } from "./export-options.ts";

export function resourceAttributesOf(options: ExportOptions, env: NodeJS.ProcessEnv): Attributes {
  const { serviceName, serviceNamespace, environment, attributes } = options;
  return {
    "service.name": "unknown_service:node",
    "host.name": hostname(),
    "process.pid": process.pid,
    "process.runtime.name": "nodejs",
    "process.runtime.version": process.versions.node,
    "telemetry.sdk.language": "nodejs",
    "telemetry.sdk.name": "opentelemetry",
    "telemetry.distro.name": SCOPE_NAME,
    "telemetry.distro.version": SDK_VERSION,
    // A process is its own source of counters: without it two that overlap are one with a counter that jumps.
    "service.instance.id": randomUUID(),
    ...headersOfText(env.OTEL_RESOURCE_ATTRIBUTES),
    ...(env.OTEL_SERVICE_NAME && { "service.name": env.OTEL_SERVICE_NAME }),
    ...plainValues(attributes, "resource attributes"),
    ...(serviceName && { "service.name": serviceName }),
    ...(serviceNamespace && { "service.namespace": serviceNamespace }),
    ...(environment && { "deployment.environment.name": environment }),
  };
}
