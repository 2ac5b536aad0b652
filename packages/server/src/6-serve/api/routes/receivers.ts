/** `GET /api/receivers` and `POST /api/receivers/{name}/test`: whom the outbox can reach, and a message to see that it does. */
import { nearestName, receiverListSchema, receiverTestSchema } from "@batchwatch/protocol";
import { z } from "zod";
import { sendTest } from "../../../5-notify/send-test.ts";
import type { ApiApp, ApiDeps } from "../api-deps.ts";
import { ApiError, problemReplies } from "../api-error.ts";

const pathSchema = z.object({ name: z.string().min(1).max(500) });

export function registerReceivers(app: ApiApp, { receivers, clock, publicUrl }: ApiDeps): void {
  app.get(
    "/api/receivers",
    {
      schema: {
        tags: ["receivers"],
        summary: "Receivers by name: the channel of each and where it goes",
        response: { 200: receiverListSchema },
      },
    },
    async () => ({
      items: [...receivers().values()].map(({ name, channel, target }) => ({ name, type: channel, target })),
      nextCursor: null,
    }),
  );

  app.post(
    "/api/receivers/:name/test",
    {
      config: { scope: "admin" },
      schema: {
        tags: ["receivers"],
        summary: "Send a test alert to a receiver, and its resolution",
        description:
          "Answers 200 with what became of it, also when it did not arrive; nothing is tried again and no incident is made.",
        params: pathSchema,
        response: { 200: receiverTestSchema, ...problemReplies(400, 404) },
      },
    },
    async ({ params }) => {
      const receiver = receivers().get(params.name);
      if (receiver === undefined) throw notFound(params.name, [...receivers().keys()]);
      const steps = await sendTest(receiver, clock, publicUrl());
      return { receiver: receiver.name, delivered: steps.every(({ delivered }) => delivered), steps };
    },
  );
}

function notFound(name: string, names: readonly string[]): ApiError {
  const near = nearestName(name, names);
  const hint = near === null ? "" : ` Did you mean "${near}"?`;
  return new ApiError("receiver_not_found", `There is no receiver "${name}".${hint}`);
}
