/**
 * The live connection: reads `GET /api/stream` with fetch (so that the key goes along), hands on what changed, and
 * connects again when it is cut. A stream that says nothing for a while counts as cut: the server beats.
 */
import type { StreamMessage } from "@batchwatch/protocol";
import { ApiError, fetchApi } from "./client.ts";
import { createSseParser } from "./sse-parser.ts";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
/** The server sends a comment at least every 15 s. */
const SILENCE_MS = 45_000;

export type LiveState = "connecting" | "live" | "cut";

export interface LiveStreamListener {
  onState(state: LiveState): void;
  onMessage(message: StreamMessage): void;
}

/** Starts the connection and keeps it up; returns the function that ends it. */
export function openLiveStream(listener: LiveStreamListener): () => void {
  const ended = new AbortController();
  void keepConnected(listener, ended.signal);
  return () => ended.abort();
}

async function keepConnected(listener: LiveStreamListener, ended: AbortSignal): Promise<void> {
  let waitMs = FIRST_WAIT_MS;
  while (!ended.aborted) {
    try {
      await readStream(listener, ended, () => {
        waitMs = FIRST_WAIT_MS;
      });
    } catch (error) {
      if (ended.aborted) return;
      if (error instanceof ApiError && error.status === 401) waitMs = LONGEST_WAIT_MS;
    }
    if (ended.aborted) return;
    listener.onState("cut");
    await pause(waitMs, ended);
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  }
}

async function readStream(
  listener: LiveStreamListener,
  ended: AbortSignal,
  onOpen: () => void,
): Promise<void> {
  const silent = new AbortController();
  const signal = AbortSignal.any([ended, silent.signal]);
  let watchdog = setTimeout(() => silent.abort(), SILENCE_MS);
  try {
    const response = await fetchApi("/api/stream", { headers: { accept: "text/event-stream" }, signal });
    if (!response.body) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parse = createSseParser();
    onOpen();
    listener.onState("live");
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watchdog);
      watchdog = setTimeout(() => silent.abort(), SILENCE_MS);
      for (const event of parse(value)) {
        const message = messageOf(event.data);
        if (message) listener.onMessage(message);
      }
    }
  } finally {
    clearTimeout(watchdog);
  }
}

function messageOf(data: string): StreamMessage | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null && "topic" in value ? (value as StreamMessage) : null;
  } catch {
    return null;
  }
}

function pause(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    ended.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
