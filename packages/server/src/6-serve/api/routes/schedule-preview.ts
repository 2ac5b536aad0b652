/** `POST /api/schedule/preview`: what a schedule means, before it is saved. */
import {
  jobSettingsSchema,
  readJobSettings,
  type Schedule,
  schedulePreviewQuerySchema,
  schedulePreviewSchema,
} from "@batchwatch/protocol";
import { z } from "zod";
import { validateCron } from "../../../lib/calendar/cron-pattern.ts";
import { describeSchedule } from "../../../lib/calendar/describe-schedule.ts";
import { slotsBetween } from "../../../lib/calendar/schedule-slots.ts";
import { instantText } from "../../../lib/calendar/time-text.ts";
import type { ApiApp, ApiDeps } from "../api-deps.ts";
import { ApiError, problemReplies } from "../api-error.ts";
import { instant } from "../views/instants.ts";

/** A 29 February comes every four years, but for 2100. */
const HORIZON_MS = 60 * 366 * 86_400_000;

const bodySchema = z.strictObject({ schedule: jobSettingsSchema.shape.schedule.unwrap().unwrap() });

export function registerSchedulePreview(app: ApiApp, { clock }: ApiDeps): void {
  app.post(
    "/api/schedule/preview",
    {
      // It changes nothing; POST only because a schedule is an object.
      config: { scope: "read" },
      schema: {
        tags: ["jobs"],
        summary: "A schedule in words, and its next runs",
        querystring: schedulePreviewQuerySchema,
        body: bodySchema,
        response: { 200: schedulePreviewSchema, ...problemReplies(400) },
      },
    },
    async ({ body, query }) => {
      const schedule = scheduleOf(body.schedule);
      const now = clock.now();
      return {
        text: describeSchedule(schedule),
        timezone: schedule.timezone,
        upcoming: slotsBetween(schedule, now, now + HORIZON_MS, query.count).map((slotAt) => ({
          slotAt: instant(slotAt),
          local: instantText(slotAt, schedule.timezone),
          text: weekdayText(slotAt, schedule.timezone),
        })),
      };
    },
  );
}

function scheduleOf(input: unknown): Schedule {
  const reading = readJobSettings({ schedule: input }, { checkCron: validateCron });
  if (!reading.ok) {
    throw ApiError.settings(reading.problems);
  }
  const { schedule } = reading.settings;
  if (schedule === null || schedule === undefined) throw ApiError.parameter("schedule", "is missing");
  return schedule;
}

/** "Monday, 23 November 2026 at 02:00 (Europe/Berlin)" */
function weekdayText(at: number, zone: string): string {
  const day = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  }).format(at);
  const [, clock = ""] = instantText(at, zone).split(" ");
  return `${day.replace(/^(\w+) /, "$1, ")} at ${clock} (${zone})`;
}
