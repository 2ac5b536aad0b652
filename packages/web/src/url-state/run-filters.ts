/** The filters of a job's runs as they stand in the address. */
import { RUN_PHASES, type RunPhase } from "@batchwatch/protocol/phases";

export const PERIODS = ["24h", "7d", "30d"] as const;
export type Period = (typeof PERIODS)[number];

const PERIOD_MS: Readonly<Record<Period, number>> = {
  "24h": 86_400_000,
  "7d": 7 * 86_400_000,
  "30d": 30 * 86_400_000,
};

export interface RunFilters {
  phase: RunPhase | null;
  period: Period | null;
}

export function readRunFilters(params: URLSearchParams): RunFilters {
  const phase = params.get("phase");
  const period = params.get("period");
  return {
    phase: RUN_PHASES.find((name) => name === phase) ?? null,
    period: PERIODS.find((name) => name === period) ?? null,
  };
}

/** The start of the period, to the full minute so that a page asked for twice is the same page. */
export function periodStart(period: Period | null, nowAt: number): string | null {
  if (period === null) return null;
  return new Date(Math.floor((nowAt - PERIOD_MS[period]) / 60_000) * 60_000).toISOString();
}
