/**
 * Connects the live stream with the kept answers: what changed is asked for again, gathered for a moment so that a
 * burst of messages makes one request. Says whether the page is live.
 */
import type { StreamMessage } from "@batchwatch/protocol";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { useApiKey } from "./api-key.ts";
import { type LiveState, openLiveStream } from "./live-stream.ts";
import { type QueryKeyPrefix, staleAfter } from "./query-keys.ts";

/** Long enough to gather a burst, short enough to feel at once. */
const GATHER_MS = 250;
/** The least time between two rounds while messages keep coming. */
const ROUND_MS = 1_000;

let liveState: LiveState = "connecting";
const listeners = new Set<() => void>();

export function useLiveState(): LiveState {
  return useSyncExternalStore(subscribe, () => liveState);
}

/** Used once, at the top of the page. */
export function useLiveUpdates(): void {
  const client = useQueryClient();
  const { key } = useApiKey();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new key makes a new connection.
  useEffect(() => connect(client), [client, key]);
}

function connect(client: QueryClient): () => void {
  let gathered: StreamMessage[] = [];
  let waiting: QueryKeyPrefix[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  let lastRoundAt = 0;
  let wasCut = false;

  const schedule = () => {
    if (timer !== null) return;
    const sinceLast = performance.now() - lastRoundAt;
    timer = setTimeout(round, Math.max(GATHER_MS, ROUND_MS - sinceLast));
  };
  const round = () => {
    timer = null;
    lastRoundAt = performance.now();
    const stale = new Map([...waiting, ...staleAfter(gathered)].map((key) => [JSON.stringify(key), key]));
    gathered = [];
    waiting = [];
    for (const queryKey of stale.values()) {
      // What is being asked for right now may be too old by this change, and asking anew each second would never end
      // on a slow connection: it is asked for again when that answer is there.
      if (client.isFetching({ queryKey }) > 0) waiting.push(queryKey);
      else void client.invalidateQueries({ queryKey });
    }
    if (waiting.length > 0) schedule();
  };

  const close = openLiveStream({
    onState(state) {
      // What was missed while the stream was cut is unknown: ask for everything that is shown.
      if (state === "live" && wasCut) void client.invalidateQueries();
      wasCut = state === "cut";
      setLiveState(state);
    },
    onMessage(message) {
      gathered.push(message);
      schedule();
    },
  });
  return () => {
    if (timer !== null) clearTimeout(timer);
    close();
  };
}

function setLiveState(next: LiveState): void {
  liveState = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
