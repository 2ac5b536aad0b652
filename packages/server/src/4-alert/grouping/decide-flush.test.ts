import type { Severity } from "@batchwatch/protocol";
import { describe, expect, it } from "vitest";
import type { AlertGroup, AlertGroupMember } from "../../model/alert-group.ts";
import type { Incident } from "../../model/watch.ts";
import { decideFlush, type FlushInput } from "./decide-flush.ts";

const T0 = Date.UTC(2026, 10, 24, 2);
const MINUTE = 60_000;
const TIMES = { groupIntervalMs: 5 * MINUTE, repeatIntervalMs: 240 * MINUTE };

const group: AlertGroup = {
  id: 1,
  key: "{}:{}",
  routeKey: "{}",
  receiver: "team",
  labels: {},
  createdAt: T0,
  anchorIncidentId: null,
  notifiedAt: null,
};

function member(
  id: number,
  severity: Severity,
  more: { told?: Severity; over?: boolean; held?: string } = {},
): FlushInput["members"][number] {
  const incident: Incident = {
    id,
    jobId: id,
    state: more.over === true ? "resolved" : "open",
    severity,
    alertName: "BatchRunFailed",
    title: `job ${id}`,
    openedAt: T0 + id,
    resolvedAt: more.over === true ? T0 + 1000 : null,
    resolution: null,
    runRowId: null,
    slotId: null,
    labels: { severity },
    annotations: {},
    notified: true,
  };
  const row: AlertGroupMember = {
    groupId: 1,
    incidentId: id,
    joinedAt: T0,
    toldSeverity: more.told ?? null,
    heldBecause: more.held ?? null,
  };
  return { member: row, incident };
}

function decide(members: FlushInput["members"], more: Partial<FlushInput> = {}) {
  return decideFlush({ group, members, times: TIMES, held: () => null, now: T0 + MINUTE, ...more });
}

/** "reason: ids of the message" */
function said({ message }: ReturnType<typeof decide>): string {
  return message === null
    ? "nothing"
    : `${message.reason}: ${message.incidents.map(({ id }) => id).join(" ")}`;
}

describe("a look at a group", () => {
  it("tells of all at first, the worst first, and looks again after the group's interval", () => {
    const decision = decide([member(1, "info"), member(2, "critical"), member(3, "critical")]);
    expect(said(decision)).toBe("opened: 2 3 1");
    expect(decision.members).toEqual([
      { incidentId: 1, toldSeverity: "info", heldBecause: null },
      { incidentId: 2, toldSeverity: "critical", heldBecause: null },
      { incidentId: 3, toldSeverity: "critical", heldBecause: null },
    ]);
    expect(decision.nextFlushAt).toBe(T0 + 6 * MINUTE);
    expect(decision.leaving).toEqual([]);
  });

  const told = { ...group, notifiedAt: T0 };
  it.each([
    ["nothing is new", [member(1, "info", { told: "info" })], "nothing"],
    ["one is new", [member(1, "critical", { told: "critical" }), member(2, "info")], "opened: 2 1"],
    ["one is worse", [member(1, "critical", { told: "warning" }), member(2, "critical")], "raised: 1 2"],
    ["one is milder", [member(1, "info", { told: "critical" })], "nothing"],
    [
      "one of two is over",
      [member(1, "info", { told: "info", over: true }), member(2, "info", { told: "info" })],
      "repeated: 2 1",
    ],
    ["all are over", [member(1, "info", { told: "info", over: true })], "resolved: 1"],
    [
      "one is over, one came",
      [member(1, "info", { told: "info", over: true }), member(2, "info")],
      "opened: 2 1",
    ],
    ["one came and went", [member(1, "info", { over: true })], "nothing"],
  ])("when %s", (_, members, expected) => {
    expect(said(decide(members, { group: told }))).toBe(expected);
  });

  it("says it again after the repeat interval, at the first look that is not before it", () => {
    const members = [member(1, "info", { told: "info" })];
    const at = T0 + TIMES.repeatIntervalMs;
    expect(said(decide(members, { group: told, now: at - 1 }))).toBe("nothing");
    expect(said(decide(members, { group: told, now: at }))).toBe("repeated: 1");
  });

  it("takes leave of what is over once it is told, or was never known", () => {
    const decision = decide([
      member(1, "info", { told: "info", over: true }),
      member(2, "info", { over: true }),
    ]);
    expect(decision.leaving).toEqual([2, 1]);
    expect(decision.members).toEqual([]);
    expect(decision.entries).toEqual([
      { incidentId: 2, at: T0 + MINUTE, text: "Not sent to team: it was over before it was due to be sent." },
    ]);
  });

  it("keeps back what is held, says so once, and tells it when nothing holds it any more", () => {
    const held = () => "muted by time interval nights";
    const first = decide([member(1, "critical")], { held });
    expect(said(first)).toBe("nothing");
    expect(first.entries).toEqual([
      { incidentId: 1, at: T0 + MINUTE, text: "Not sent to team: muted by time interval nights." },
    ]);
    expect(first.members).toEqual([
      { incidentId: 1, toldSeverity: null, heldBecause: "muted by time interval nights" },
    ]);
    const again = decide([member(1, "critical", { held: "muted by time interval nights" })], { held });
    expect(again.entries).toEqual([]);
    expect(decide([member(1, "critical", { held: "another reason" })], { held }).entries).toHaveLength(1);
    expect(said(decide([member(1, "critical", { held: "muted by time interval nights" })]))).toBe(
      "opened: 1",
    );
  });

  it("never keeps back an end, and calls it none while another that is known is held", () => {
    const held = () => "inhibited";
    expect(said(decide([member(1, "info", { told: "info", over: true })], { held }))).toBe("resolved: 1");
    const two = [member(1, "info", { told: "info", over: true }), member(2, "info", { told: "info" })];
    expect(said(decide(two, { held }))).toBe("repeated: 1");
    expect(said(decide([member(1, "info", { told: "info" })], { held, group: told, now: T0 + 1e9 }))).toBe(
      "nothing",
    );
  });

  it("whose route is gone tells the ends of what is known and lets go of the rest", () => {
    const members = [
      member(1, "info"),
      member(2, "critical", { told: "info" }),
      member(3, "info", { told: "info", over: true }),
    ];
    const decision = decide(members, { times: null, group: told, now: T0 + 1e10 });
    expect(said(decision)).toBe("repeated: 3");
    expect(decision.leaving).toEqual([1, 3]);
    expect(decision.members).toEqual([{ incidentId: 2, toldSeverity: "info", heldBecause: null }]);
  });
});
