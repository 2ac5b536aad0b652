import type { ToldError } from "./error-fact.ts";

/** How a run ended. */
export type RunEnd =
  | { kind: "completed" }
  | { kind: "skipped"; reason: string | null }
  | { kind: "cancelled"; error: ToldError }
  | { kind: "failed"; error: ToldError; isFinal: boolean; exitCode?: number; signal?: string };
