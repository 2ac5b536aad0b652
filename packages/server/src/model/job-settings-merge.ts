/** The settings of a job from what each source says: the first source that has a setting wins, else the default. */
import {
  DEFAULT_JOB_SETTINGS,
  type JobSettingName,
  type JobSettings,
  SETTING_SOURCES,
} from "@batchwatch/protocol";
import type { Job, JobSettingsBySource, SettingOrigin } from "./job.ts";

const NAMES = Object.keys(DEFAULT_JOB_SETTINGS) as JobSettingName[];

/** A setting that is null is said (for one: no deadline); one that is undefined is not. */
export function mergeSettings(bySource: JobSettingsBySource): JobSettings {
  const merged: Record<string, unknown> = { ...DEFAULT_JOB_SETTINGS };
  for (const source of [...SETTING_SOURCES].reverse()) {
    for (const [name, value] of Object.entries(bySource[source] ?? {}))
      if (value !== undefined && name in DEFAULT_JOB_SETTINGS) merged[name] = value;
  }
  return merged as unknown as JobSettings;
}

/** Who said each effective setting. */
export function originOf(job: Pick<Job, "settingsBySource">): SettingOrigin {
  const origin = (name: JobSettingName) =>
    SETTING_SOURCES.find((source) => job.settingsBySource[source]?.[name] !== undefined) ?? "default";
  return Object.fromEntries(NAMES.map((name) => [name, origin(name)])) as SettingOrigin;
}
