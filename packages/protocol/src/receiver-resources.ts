/** What the API says of receivers: which there are, and whether a test message arrived. */
import { z } from "zod";

export const receiverViewSchema = z.object({
  name: z.string(),
  type: z.string().describe("the channel: webhook, pagerduty, slack, …"),
  target: z.string().describe("where it goes, without anything secret"),
});
export type ReceiverView = z.infer<typeof receiverViewSchema>;

export const receiverListSchema = z.object({
  items: z.array(receiverViewSchema),
  nextCursor: z.null(),
});

export const receiverTestSchema = z.object({
  receiver: z.string(),
  delivered: z.boolean(),
  steps: z
    .array(
      z.object({
        reason: z.enum(["opened", "resolved"]),
        delivered: z.boolean(),
        status: z.number().int().nullable().describe("of the service's answer"),
        error: z.string().nullable(),
        latencyMs: z.number(),
      }),
    )
    .describe("the test alert, then its resolution; ends with the first that did not arrive"),
});
export type ReceiverTest = z.infer<typeof receiverTestSchema>;
