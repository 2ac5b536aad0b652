/**
 * Settings that are each of the right shape and do not go together, or name what does not exist. Receives settings in
 * the canonical spelling, whatever their shape: these are told beside what the schema finds.
 */
import { readDuration } from "./duration.ts";
import { type FieldProblem, fieldPath } from "./field-problem.ts";
import { isObject } from "./is-object.ts";
import { DETECTION_TYPES, VIOLATION_TYPES } from "./judgements.ts";
import { nearestName } from "./nearest-name.ts";
import { type CheckCron, scheduleProblems } from "./schedule-words.ts";

const factTypes: readonly string[] = [...VIOLATION_TYPES, ...DETECTION_TYPES];

export function settingsAtOdds(settings: unknown, checkCron: CheckCron | undefined): FieldProblem[] {
  if (!isObject(settings)) return [];
  return [
    ...scheduleProblems(settings.schedule, checkCron),
    ...slaProblems(settings.sla),
    ...severityProblems(settings.severity),
    ...alertProblems(settings.alert),
  ];
}

/** What a declared job says and can't take effect as it stands; it is not refused, for code or the API may add the rest. */
export function settingsWithoutEffect(settings: { schedule?: unknown; startBy?: unknown }): FieldProblem[] {
  if (settings.startBy === undefined || settings.startBy === null) return [];
  if (settings.schedule !== undefined && settings.schedule !== null) return [];
  return [
    {
      field: "sla.startBy",
      message:
        'has nothing to count from: this job declares no schedule. Add one ("schedule: 0 2 * * *"), unless code or the API says it',
    },
  ];
}

function slaProblems(sla: unknown): FieldProblem[] {
  if (!isObject(sla)) return [];
  const problems: FieldProblem[] = [];
  const [shortest, longest] = [msOf(sla.minDuration), msOf(sla.maxDuration)];
  if (shortest !== null && longest !== null && shortest >= longest)
    problems.push({ field: "sla.minDuration", message: "must be shorter than maxDuration" });
  const { minRecords, maxRecords } = sla;
  if (typeof minRecords === "number" && typeof maxRecords === "number" && minRecords > maxRecords)
    problems.push({ field: "sla.minRecords", message: "must not be larger than maxRecords" });
  return problems;
}

function severityProblems(severity: unknown): FieldProblem[] {
  if (!isObject(severity)) return [];
  return unknownFactTypes(severity).map(({ type, message }) => ({
    field: fieldPath(["severity", type]),
    message,
  }));
}

/** Keys of a map of severities that name nothing that is judged. */
export function unknownFactTypes(severity: object): { type: string; message: string }[] {
  return Object.keys(severity)
    .filter((type) => !factTypes.includes(type))
    .map((type) => {
      const near = nearestName(type, factTypes);
      const hint = near === null ? "see the list in the guide on judgement" : `did you mean "${near}"?`;
      return { type, message: `is no violation or detection type; ${hint}` };
    });
}

function alertProblems(alert: unknown): FieldProblem[] {
  if (!isObject(alert)) return [];
  const after = typeof alert.after === "number" ? alert.after : 1;
  const of = typeof alert.of === "number" ? alert.of : after;
  return after > of ? [{ field: "alert", message: '"after" must not be larger than "of"' }] : [];
}

function msOf(value: unknown): number | null {
  if (typeof value !== "string" && typeof value !== "number") return null;
  const read = readDuration(value);
  return read.ok ? read.ms : null;
}
