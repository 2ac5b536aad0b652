/**
 * What a channel is: one service, one file. `render` is pure; `send` does the one request (or the few) of a message. The
 * registry (channel-registry.ts) proves at compile time that each conforms to its options.
 */
import type { ChannelOptions } from "@batchwatch/protocol";
import type { z } from "zod";
import type { Alert } from "../model/alert.ts";
import type { DeliveryReason } from "../model/watch.ts";

/** One message on its way to one receiver. */
export interface Notification {
  /** The incident's; of a group of several, the first. */
  alert: Alert;
  /** The other alerts of a group, in the order in which they are told. */
  others: readonly Alert[];
  /** Labels that make the group, null where the message is about one incident. */
  groupLabels: Readonly<Record<string, string>> | null;
  /** The same for every message about one incident; the receiver folds repeats by it. */
  dedupKey: string;
  /** Tells one message about an incident from the next; the same when it is sent again. */
  messageId: string;
  reason: DeliveryReason;
  receiver: string;
  incidentUrl: string;
  /** Epoch milliseconds of this try. */
  sentAt: number;
  /** What the channel said at its last delivery that it wants to remember; null = nothing. */
  memory: unknown;
}

/** How one try ended. */
export type SendOutcome =
  | {
      kind: "delivered";
      status: number | null;
      /** What went wrong all the same, e.g. one of several addresses. */
      note?: string;
      /** JSON to remember for the next message about this incident; left out: what there was. */
      memory?: unknown;
      /** When to tell again though nothing changed; left out: never. */
      resendAt?: number;
    }
  /** `retryAfterMs` is what the receiver asked for. */
  | { kind: "retry"; status: number | null; error: string; retryAfterMs: number | null }
  | { kind: "refused"; status: number | null; error: string };

export interface Channel<Type extends string, Shape extends z.ZodRawShape> {
  readonly definition: ChannelOptions<Type, Shape>;
  /** True for a channel whose outcomes carry a `memory`. */
  readonly remembers?: boolean;
  /** True for a channel that asks to tell again by itself (`resendAt`). */
  readonly resends?: boolean;
  /** The message's body. */
  render(options: OptionsOf<Shape>, notification: Notification): unknown;
  send(options: OptionsOf<Shape>, notification: Notification, signal: AbortSignal): Promise<SendOutcome>;
  /** Where it goes, for lists: nothing secret. */
  target(options: Readonly<Record<string, unknown>>): string;
}

export type OptionsOf<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape, z.core.$strict>>;
