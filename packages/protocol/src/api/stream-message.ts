/**
 * Live updates: `GET /api/stream`, server-sent events. `event:` is one of these names, `data:` the JSON.
 * The data only says what changed; the client asks the API for the rest.
 */
import { z } from "zod";
import { phaseSchema } from "./resources.ts";

export const streamMessageSchema = z.object({
  topic: z.enum(["hello", "run", "job", "incident"]),
  namespace: z.string().optional(),
  environment: z.string().optional(),
  jobName: z.string().optional(),
  runId: z.string().optional(),
  phase: phaseSchema.optional(),
  incidentId: z.string().optional(),
  resumed: z
    .boolean()
    .optional()
    .describe("with hello: true = nothing was missed since Last-Event-ID; false = ask for everything again"),
});
export type StreamMessage = z.infer<typeof streamMessageSchema>;
