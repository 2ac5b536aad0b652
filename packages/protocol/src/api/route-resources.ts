/** Routes of alerts as the API and the command line show them, and what they are asked with. */
import { z } from "zod";

const durationMs = z.number();
const labels = z.record(z.string(), z.string());

const channelRefSchema = z.object({
  name: z.string().describe("as deliveries name it"),
  channel: z.string(),
});

export const routeSchema = z.object({
  key: z.string().describe("the matchers from the first route down, and the place among its siblings"),
  depth: z.number().int().describe("0 = the first route"),
  line: z.number().int().nullable().describe("in the file"),
  matchers: z.string(),
  continue: z.boolean(),
  receiver: z.string(),
  groupBy: z.array(z.string()).describe("`...` = every alert by itself"),
  groupWaitMs: durationMs,
  groupIntervalMs: durationMs,
  repeatIntervalMs: durationMs,
  muteTimeIntervals: z.array(z.string()),
  activeTimeIntervals: z.array(z.string()),
  quietBecause: z.string().nullable().describe("why it sends nothing now"),
});
export type RouteResource = z.infer<typeof routeSchema>;

export const routesSchema = z.object({
  file: z
    .string()
    .nullable()
    .describe("the Alertmanager file; null: every receiver is told of every alert, at once"),
  problem: z.string().nullable().describe("why the file as it is now is not in use"),
  routes: z.array(routeSchema).describe("parents before children"),
  receivers: z.array(z.object({ name: z.string(), channels: z.array(channelRefSchema) })),
  inhibitRules: z.array(
    z.object({
      name: z.string().nullable(),
      source: z.string(),
      target: z.string(),
      equal: z.array(z.string()),
    }),
  ),
  timeIntervals: z.array(z.object({ name: z.string(), holdsNow: z.boolean() })),
  maxPagesPerMinute: z.number().int().nullable(),
});
export type RoutesResource = z.infer<typeof routesSchema>;

export const routeTestSchema = z.object({
  labels,
  inhibitedBy: z
    .object({ rule: z.string(), incidentId: z.string(), title: z.string() })
    .nullable()
    .describe("the open incident that keeps it back now"),
  results: z
    .array(
      z.object({
        receiver: z.string(),
        channels: z.array(channelRefSchema).describe("none: nobody is told"),
        because: z.string(),
        /** Null without a file of routes. */
        route: routeSchema.nullable(),
        groupLabels: labels,
      }),
    )
    .describe("in the order of the tree"),
});
export type RouteTestResource = z.infer<typeof routeTestSchema>;

export const routeTestQuerySchema = z.strictObject({
  label: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform((value) => (Array.isArray(value) ? value : [value]))
    .pipe(
      z.array(
        z
          .string()
          .max(4000)
          .regex(/^[^=]+=/, { error: "must be name=value" })
          .transform((text): [string, string] => [
            text.slice(0, text.indexOf("=")),
            text.slice(text.indexOf("=") + 1),
          ]),
      ),
    )
    .describe("repeatable; a label of the alert: severity=critical"),
});
