/**
 * What a channel is: one service, one file. `render` is pure; `send` does the one request. The registry
 * (channel-registry.ts) proves at compile time that each conforms.
 */
import type { z } from "zod";
import type { Alert } from "../model/alert.ts";

/** One alert on its way to one receiver. */
export interface Notification {
  alert: Alert;
  /** The same for every message about one incident; the receiver folds repeats by it. */
  dedupKey: string;
  reason: "opened" | "raised" | "resolved";
  receiver: string;
  incidentUrl: string;
}

/** How one try ended. `retryAfterMs` is what the receiver asked for. */
export type SendOutcome =
  | { kind: "delivered"; status: number | null }
  | { kind: "retry"; status: number | null; error: string; retryAfterMs: number | null }
  | { kind: "refused"; status: number | null; error: string };

export interface Channel<Options> {
  readonly type: string;
  readonly optionsSchema: z.ZodType<Options>;
  /** The request's body. */
  render(options: Options, notification: Notification): unknown;
  send(options: Options, notification: Notification, signal: AbortSignal): Promise<SendOutcome>;
}
