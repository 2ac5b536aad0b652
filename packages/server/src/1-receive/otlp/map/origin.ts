/**
 * What a resource says of everything below it: who sent it, which environment it is, on which host.
 * `deployment.environment` is the older name of `deployment.environment.name` (INGEST 5.5).
 */
import { ATTRIBUTES } from "@batchwatch/protocol";
import { usableName } from "../../../lib/usable-name.ts";
import type { JobKey } from "../../../model/identity.ts";
import type { AttributeMap, Resource } from "../wire/otlp-types.ts";
import type { LeftOut } from "./left-out.ts";

export interface Origin {
  namespace: string;
  environment: string;
  serviceName: string | null;
  host: string | null;
}

export interface MapContext {
  /** Of the key that the request came with, else "default". */
  namespace: string;
  receivedAt: number;
  leftOut: LeftOut;
}

export function originOf(resource: Resource, context: MapContext): Origin {
  const { attributes } = resource;
  return {
    namespace: usableName(textAttribute(attributes, ATTRIBUTES.namespace) ?? context.namespace),
    environment: usableName(
      textAttribute(attributes, ATTRIBUTES.environment, ATTRIBUTES.environmentOld) ?? "",
    ),
    serviceName: textAttribute(attributes, "service.name"),
    host: textAttribute(attributes, "host.name"),
  };
}

/** An item's own attributes win over its resource's. */
export function jobKeyOf(jobName: string, attributes: AttributeMap, origin: Origin): JobKey {
  return {
    namespace: usableName(textAttribute(attributes, ATTRIBUTES.namespace) ?? origin.namespace),
    environment: usableName(
      textAttribute(attributes, ATTRIBUTES.environment, ATTRIBUTES.environmentOld) ?? origin.environment,
    ),
    jobName: usableName(jobName),
  };
}

/** null where no run id is given; a number is one as well. */
export function runIdOf(attributes: AttributeMap): string | null {
  const runId = textAttribute(attributes, ATTRIBUTES.jobId, "job_id");
  return runId === null ? null : usableName(runId);
}

/** Text of a scalar attribute; null where it is missing or empty. Ids are sent as numbers by some. */
export function textAttribute(attributes: AttributeMap, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = attributes[name];
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
  }
  return null;
}

/** A number, or text that is one. */
export function numberAttribute(attributes: AttributeMap, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = attributes[name];
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof number === "number" && Number.isFinite(number)) return number;
  }
  return undefined;
}
