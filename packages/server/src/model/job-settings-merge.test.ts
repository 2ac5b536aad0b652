import { DEFAULT_JOB_SETTINGS, type JobSettings } from "@batchwatch/protocol";
import { describe, expect, test } from "vitest";
import type { JobSettingsBySource } from "./job.ts";
import { mergeSettings, originOf } from "./job-settings-merge.ts";

describe("effective settings", () => {
  test.each<[string, JobSettingsBySource, Partial<JobSettings>, string]>([
    ["nobody says it", {}, { owner: null }, "default"],
    ["one source says it", { inferred: { owner: "i" } }, { owner: "i" }, "inferred"],
    [
      "declared before all",
      { inferred: { owner: "i" }, code: { owner: "c" }, api: { owner: "a" }, declared: { owner: "d" } },
      { owner: "d" },
      "declared",
    ],
    ["the API before code", { code: { owner: "c" }, api: { owner: "a" } }, { owner: "a" }, "api"],
    [
      "code before what is inferred",
      { inferred: { owner: "i" }, code: { owner: "c" } },
      { owner: "c" },
      "code",
    ],
    [
      "a declared null is said",
      { declared: { owner: null }, code: { owner: "c" } },
      { owner: null },
      "declared",
    ],
    [
      "undefined is not said",
      { declared: { owner: undefined } as Partial<JobSettings>, code: { owner: "c" } },
      { owner: "c" },
      "code",
    ],
  ])("%s", (_name, settingsBySource, expected, source) => {
    expect(mergeSettings(settingsBySource)).toEqual({ ...DEFAULT_JOB_SETTINGS, ...expected });
    expect(originOf({ settingsBySource }).owner).toBe(source);
  });

  test("take each setting by itself, and no unknown one", () => {
    const settingsBySource = {
      declared: { maxDurationMs: 1, unknown: 5 } as Partial<JobSettings>,
      code: { maxDurationMs: 2, minRecords: 3 },
    };
    expect(mergeSettings(settingsBySource)).toEqual({
      ...DEFAULT_JOB_SETTINGS,
      maxDurationMs: 1,
      minRecords: 3,
    });
    expect(originOf({ settingsBySource })).toMatchObject({
      maxDurationMs: "declared",
      minRecords: "code",
      paused: "default",
    });
  });
});
