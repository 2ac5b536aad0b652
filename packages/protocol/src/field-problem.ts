/** "This field is wrong, and why": what every schema of ours answers, in the words of issue-words.ts. */
import type { z } from "zod";
import "./issue-words.ts";
import { nearestName } from "./nearest-name.ts";

export interface FieldProblem {
  /** Path in the input as it was written, e.g. `jobs[2].sla.max_duration_seconds`; "" = the input itself. */
  field: string;
  /** What is wrong and what to do, without the field's name. */
  message: string;
}

export type PathPart = string | number;

/** `["jobs", 2, "sla"]` → `jobs[2].sla`. */
export function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const name = String(part);
    if (!/^[\w$-]+$/.test(name)) return `${text}[${JSON.stringify(name.slice(0, 60))}]`;
    return text === "" ? name : `${text}.${name}`;
  }, "");
}

/** The reverse of `fieldPath`. */
export function pathOfField(field: string): PathPart[] {
  return [...field.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([\w$-]+)/g)].map((match) =>
    match[1] === undefined ? (match[3] ?? (JSON.parse(`"${match[2]}"`) as string)) : Number(match[1]),
  );
}

/**
 * The value without the field; without what holds the field where that is missing in it.
 * @returns null where nothing would be left
 */
export function withoutPath(value: unknown, field: string): unknown {
  const path = pathOfField(field);
  while (path.length > 0 && !hasPath(value, path)) path.pop();
  return path.length === 0 ? null : removed(value, path);
}

function hasPath(value: unknown, path: readonly PathPart[]): boolean {
  let at = value;
  for (const part of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return false;
    at = (at as Record<PathPart, unknown>)[part];
  }
  return true;
}

function removed(value: unknown, [part = "", ...rest]: readonly PathPart[]): unknown {
  if (Array.isArray(value))
    return rest.length === 0
      ? value.toSpliced(Number(part), 1)
      : value.with(Number(part), removed(value[Number(part)], rest));
  const entries = Object.entries(value as object).flatMap(([name, inner]) => {
    if (name !== String(part)) return [[name, inner] as const];
    return rest.length === 0 ? [] : [[name, removed(inner, rest)] as const];
  });
  return Object.fromEntries(entries);
}

export function unknownKeyMessage(key: string, known: readonly string[]): string {
  const near = nearestName(key, known);
  if (near !== null) return `is not known; did you mean "${near}"?`;
  if (known.length === 0) return "is not known";
  return known.length <= 12
    ? `is not known; known here: ${known.join(", ")}`
    : `is not known, and no known name is near it`;
}

/**
 * A zod error as a list of problems, one for each field.
 * @param knownKeysAt the names an object at this path may have; used to suggest one for an unknown key.
 */
export function problemsOfZodError(
  error: z.core.$ZodError,
  knownKeysAt: (path: readonly PropertyKey[]) => readonly string[] = () => [],
): FieldProblem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, [], knownKeysAt));
}

function problemsOfIssue(
  issue: z.core.$ZodIssue,
  prefix: readonly PropertyKey[],
  knownKeysAt: (path: readonly PropertyKey[]) => readonly string[],
): FieldProblem[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      field: fieldPath([...path, key]),
      message: unknownKeyMessage(key, knownKeysAt(path)),
    }));
  if (issue.code === "invalid_union") {
    const branch = mostHopefulBranch(issue.errors);
    if (branch !== null) return branch.flatMap((inner) => problemsOfIssue(inner, path, knownKeysAt));
  }
  return [{ field: fieldPath(path), message: issue.message }];
}

/** The alternative whose own shape fits and only something inside it is wrong; null when none does. */
function mostHopefulBranch(branches: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | null {
  const hopeful = branches.filter((issues) =>
    issues.every(
      ({ path, code }) => path.length > 0 || (code !== "invalid_type" && code !== "invalid_value"),
    ),
  );
  return hopeful.toSorted((a, b) => a.length - b.length)[0] ?? null;
}

export function problemsText(problems: readonly FieldProblem[]): string {
  return problems.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`)).join("\n");
}
