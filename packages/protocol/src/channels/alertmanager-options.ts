import { z } from "zod";
import { COMMON_SHAPE, channelOptions, HTTP_SHAPE, httpRules, httpUrl } from "./channel-options.ts";

export const alertmanagerOptions = channelOptions(
  "alertmanager",
  "Prometheus's Alertmanager, by its API v2; told again every minute while the alert fires.",
  {
    urls: z
      .array(httpUrl())
      .min(1)
      .max(20)
      .describe("all members of the cluster, such as `http://alertmanager-1:9093`"),
    ...HTTP_SHAPE,
    ...COMMON_SHAPE,
  },
  httpRules,
);
export type AlertmanagerOptions = z.output<typeof alertmanagerOptions.schema>;
