/** The API key that the reader typed, kept for as long as the tab lives, and whether the server asks for one. */
import { useSyncExternalStore } from "react";

const KEY = "batchwatch.apiKey";

interface ApiKeyState {
  key: string | null;
  /** The server has refused what we sent. */
  wanted: boolean;
}

let state: ApiKeyState = { key: read(), wanted: false };
const listeners = new Set<() => void>();

export function apiKey(): string | null {
  return state.key;
}

export function askForApiKey(): void {
  if (!state.wanted) set({ key: state.key, wanted: true });
}

export function setApiKey(key: string): void {
  try {
    sessionStorage.setItem(KEY, key);
  } catch {
    // Storage can be switched off; the key then lasts as long as the page.
  }
  set({ key, wanted: false });
}

export function useApiKey(): ApiKeyState {
  return useSyncExternalStore(subscribe, () => state);
}

function set(next: ApiKeyState): void {
  state = next;
  for (const listener of listeners) listener();
}

function read(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
