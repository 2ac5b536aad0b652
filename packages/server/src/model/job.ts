/** A job row with its settings, each with its source. */
import type { JobSettingName, JobSettings, SettingSource } from "@batchwatch/protocol";
import type { JobKey } from "./identity.ts";

export type JobSettingsBySource = Partial<Record<SettingSource, Partial<JobSettings>>>;

export interface Job extends JobKey {
  id: number;
  pingUuid: string;
  firstSeenAt: number;
  /** Who brought it into being: its first event ("inferred"), YAML, the API, code. */
  createdBy: SettingSource;
  settingsBySource: JobSettingsBySource;
  /** Effective: the first source that has a setting wins (SETTING_SOURCES), else the default. */
  settings: JobSettings;
  /** Sets the clock for everything that depends on settings: grows with each change of them. */
  settingsVersion: number;
}

export type SettingOrigin = Record<JobSettingName, SettingSource | "default">;
