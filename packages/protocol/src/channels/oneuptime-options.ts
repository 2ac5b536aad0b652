import type { z } from "zod";
import { COMMON_SHAPE, channelOptions, httpUrl, secret } from "./channel-options.ts";

export const oneuptimeOptions = channelOptions(
  "oneuptime",
  "OneUptime, by an Incoming Request monitor that takes Alertmanager's JSON.",
  {
    url: secret(
      httpUrl().describe("the monitor's address, such as `https://oneuptime.com/heartbeat/KEY`. Secret"),
    ),
    ...COMMON_SHAPE,
  },
);
export type OneuptimeOptions = z.output<typeof oneuptimeOptions.schema>;
