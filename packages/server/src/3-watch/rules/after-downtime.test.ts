import type { AlertState, GroupState } from "@batchwatch/promql/rules/group-state";
import { expect, test } from "vitest";
import { afterDowntime } from "./after-downtime.ts";

const MINUTE = 60_000;
const AT = 1_700_000_000_000;

function alert(state: AlertState["state"]): AlertState {
  return {
    labels: {},
    annotations: {},
    valueText: "1",
    state,
    activeAt: AT - 3 * MINUTE,
    firedAt: state === "firing" ? AT - MINUTE : null,
    resolvedAt: null,
    keptFiringSince: null,
  };
}

function state(): GroupState {
  const alerts = [alert("pending"), alert("firing")];
  const rule = {
    key: "a",
    health: "ok",
    lastError: null,
    alerts,
    writtenSeries: [],
    isRestored: true,
  } as const;
  return { version: 1, rules: [rule], orphanedSeries: [], evaluations: 9, lastEvaluatedAt: AT };
}

test.each([
  ["no time at all", 0, 0],
  ["one turn", MINUTE, 0],
  ["a turn and a half: nothing was missed yet", 1.5 * MINUTE, 0],
  ["an hour", 60 * MINUTE, 59 * MINUTE],
])(
  "after %s a pending alert has waited so much less, a firing one goes on firing",
  (_name, downMs, shiftMs) => {
    const [pending, firing] = afterDowntime(state(), AT + downMs, MINUTE).rules[0]?.alerts ?? [];
    expect(pending?.activeAt).toBe(AT - 3 * MINUTE + shiftMs);
    expect(firing).toEqual(alert("firing"));
  },
);
