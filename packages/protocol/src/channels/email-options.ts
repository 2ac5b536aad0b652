import { z } from "zod";
import { COMMON_SHAPE, channelOptions, headerText, type IsGiven, secret } from "./channel-options.ts";

/** Enough to catch a slip; the mail server judges the rest. */
const address = z
  .string()
  .max(320)
  .regex(/^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$/, {
    error: "must be an address such as ops@example.com or Ops <ops@example.com>",
  });

export const emailOptions = channelOptions(
  "email",
  "Mail by SMTP: text and HTML, one thread an incident.",
  {
    host: z
      .string()
      .regex(/^[\w.:-]{1,253}$/, { error: "must be the name of a mail server" })
      .describe("the mail server"),
    port: z.number().int().min(1).max(65_535).default(587).describe("465 is for `tls: implicit`"),
    tls: z
      .enum(["starttls", "implicit", "opportunistic", "none"])
      .default("starttls")
      .describe(
        "`starttls`: required before anything is said; `implicit`: from the first byte (port 465); `opportunistic`: where the server offers it; `none`",
      ),
    caFile: z
      .string()
      .min(1)
      .optional()
      .describe("PEM of the authority that signed the server's certificate"),
    username: headerText(320).optional().describe("with `password`"),
    password: secret(headerText(1000).optional().describe("Secret")),
    from: address.describe("sender, such as `Batchwatch <batchwatch@example.com>`"),
    to: z.array(address).min(1).max(100).describe("all are told by one mail"),
    ...COMMON_SHAPE,
  },
  (isGiven: IsGiven) =>
    isGiven("username") === isGiven("password")
      ? []
      : [
          {
            path: [isGiven("username") ? "password" : "username"],
            message: 'is missing: "username" and "password" go together',
          },
        ],
);
export type EmailOptions = z.output<typeof emailOptions.schema>;
