import type { z } from "zod";
import { COMMON_SHAPE, channelOptions, httpUrl, secret } from "./channel-options.ts";

export const msteamsOptions = channelOptions(
  "msteams",
  "Microsoft Teams, by a workflow that posts an adaptive card.",
  {
    url: secret(
      httpUrl().describe(
        'address of a workflow of the kind "When a Teams webhook request is received". Secret',
      ),
    ),
    ...COMMON_SHAPE,
  },
);
export type MsteamsOptions = z.output<typeof msteamsOptions.schema>;
