/** The grouping key in the path: `job/<JOB>{/<LABEL>/<VALUE>}`, values in base64 where the name ends in `@base64`. */
import { labelsOf } from "@batchwatch/promql";
import type { SeriesLabels } from "../../model/samples.ts";
import { PushError } from "./push-error.ts";

const BASE64 = "@base64";
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** @param path what follows `/metrics/`, still percent-encoded. @throws PushError */
export function readGroupingKey(path: string): SeriesLabels {
  const parts = path.split("/");
  if (parts.length % 2 !== 0)
    throw new PushError(
      "the path has an odd number of components; write /metrics/job/<JOB>{/<LABEL>/<VALUE>}",
    );
  const labels: Record<string, string> = {};
  for (let index = 0; index < parts.length; index += 2) {
    const given = decode(parts[index] ?? "");
    const isEncoded = given.endsWith(BASE64);
    const name = isEncoded ? given.slice(0, -BASE64.length) : given;
    const value = isEncoded ? decodeBase64(decode(parts[index + 1] ?? "")) : decode(parts[index + 1] ?? "");
    if (index === 0 && name !== "job") throw new PushError('the path must begin with "job"');
    if (!LABEL_NAME.test(name) || name.startsWith("__"))
      throw new PushError(`${JSON.stringify(name.slice(0, 60))} is no label name`);
    if (index > 0 && labels[name] !== undefined)
      throw new PushError(`label ${name} stands twice in the path`);
    labels[name] = value;
  }
  if (labels.job === undefined || labels.job === "") throw new PushError("job name is required");
  return labels;
}

export function groupKey(namespace: string, labels: SeriesLabels): string {
  return `${namespace}\u{0001}${labelsOf(Object.entries(labels)).key}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new PushError(`${JSON.stringify(part.slice(0, 60))} is not percent-encoded UTF-8`);
  }
}

/** URL-safe, padding optional; `=` alone is the empty value. */
function decodeBase64(text: string): string {
  if (!/^[A-Za-z0-9_-]*=*$/.test(text))
    throw new PushError(`${JSON.stringify(text.slice(0, 60))} is no URL-safe base64`);
  return Buffer.from(text, "base64url").toString("utf8");
}
