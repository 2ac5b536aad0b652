import { METRIC_NAMES } from "@batchwatch/protocol";
import { describe, expect, test } from "vitest";
import { type MeterHouse, NIGHTLY, openMeter } from "./test-support/open-meter.ts";

const T = "2026-03-02T02:00:00.000Z";
const AT = Date.parse(T);
const DAY = 86_400_000;
const FAMILIES = [
  METRIC_NAMES.completions,
  `${METRIC_NAMES.duration}_bucket`,
  `${METRIC_NAMES.duration}_sum`,
  METRIC_NAMES.recordsProcessed,
  METRIC_NAMES.lastSuccess,
];

/** Three nights, told as they happened. */
async function threeNights(): Promise<MeterHouse> {
  const house = await openMeter(T);
  for (const night of [0, 1, 2]) {
    await house.goTo(AT + night * DAY);
    await house.say({ kind: "started", runId: `night-${night}` });
    house.clock.advance(42_000 + night * 1000);
    await house.say(
      night === 1
        ? { kind: "failed", runId: `night-${night}`, final: true, error: { type: "OSError" } }
        : { kind: "completed", runId: `night-${night}`, records: { processed: 1000 + night } },
    );
  }
  await house.goTo(AT + 3 * DAY);
  return house;
}

async function nightly(house: MeterHouse) {
  const job = await house.store.findJob(NIGHTLY);
  if (job === null) throw new Error("no job");
  return job;
}

/** Last value, and what each night adds, of every series. */
async function pictureOf(house: MeterHouse): Promise<unknown[]> {
  const rows: unknown[] = [];
  for (const name of FAMILIES)
    for (const { labels, values, times } of await house.select(name)) {
      const nights = [0, 1, 2].map((night) => {
        const upTo = times.findLastIndex((at) => at <= AT + night * DAY + DAY / 2);
        return upTo < 0 ? null : values[upTo];
      });
      rows.push([JSON.stringify(labels), values.at(-1), ...nights]);
    }
  return rows.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe("writing a job's series again", () => {
  test("gives what was there, as often as it is done", async () => {
    await using house = await threeNights();
    const before = await pictureOf(house);
    expect(before.length).toBeGreaterThan(30);
    const job = await nightly(house);
    for (const from of [AT - DAY, AT - DAY, AT + DAY]) {
      expect(await house.meter.rebuild(job, from)).toMatchObject({ fromAt: from });
      expect(await pictureOf(house)).toEqual(before);
    }
    await house.goTo(AT + 3 * DAY + 15_000);
    expect((await house.select(METRIC_NAMES.completions)).map(({ values }) => values.at(-1)).sort()).toEqual([
      1, 2,
    ]);
    expect(await house.increased(METRIC_NAMES.completions, {}, AT + 3 * DAY + 15_000, DAY)).toBe(1);
  });

  test("begins again after a crash between the samples and the ledger", async () => {
    await using house = await threeNights();
    const before = await pictureOf(house);
    const job = await nightly(house);
    const commit = house.store.commitMeter;
    house.store.commitMeter = () => Promise.reject(new Error("killed"));
    await expect(house.meter.rebuild(job, AT - DAY)).rejects.toThrow("killed");
    house.store.commitMeter = commit;
    await house.restart();
    await house.meter.rebuild(job, AT - DAY);
    expect(await pictureOf(house)).toEqual(before);
  });

  test("keeps what is older than the ledger", async () => {
    await using house = await threeNights();
    const job = await nightly(house);
    expect(await house.store.prune("runs", AT + DAY, 10)).toBe(1);
    await house.meter.rebuild(job, AT + DAY / 2);
    const success = await house.series(METRIC_NAMES.completions, { status: "success" });
    expect(success.values.at(-1)).toBe(2);
    expect(await house.increased(METRIC_NAMES.completions, { status: "success" }, AT + 3 * DAY, DAY)).toBe(1);
  });

  test("makes good what was corrected", async () => {
    await using house = await openMeter(T);
    await house.goTo(AT);
    await house.say({ kind: "started" }, { kind: "lost", at: AT + 5_000, witness: "batchwatch" });
    await house.goTo(AT + 15_000);
    await house.say({ kind: "completed", at: AT + 20_000 });
    await house.goTo(AT + 600_000);
    await house.meter.rebuild(await nightly(house), AT - DAY);
    const found = await house.select(METRIC_NAMES.completions);
    expect(found.map(({ labels, values }) => [labels.status, values.at(-1)])).toEqual([["success", 1]]);
  });

  test("answers nothing where nothing is written yet", async () => {
    await using house = await openMeter(T);
    await house.say({ kind: "completed" });
    expect(await house.meter.rebuild(await nightly(house), AT - DAY)).toBeNull();
  });

  test("ends where it is asked to, unless the totals until then are others", async () => {
    await using house = await threeNights();
    const before = await pictureOf(house);
    const job = await nightly(house);
    const to = AT + DAY + DAY / 2;
    expect(await house.meter.rebuild(job, AT - DAY, to)).toMatchObject({ toAt: to });
    expect(await pictureOf(house)).toEqual(before);
    // A night that was never told, imported: everything after it counts on from it.
    await house.say({ kind: "completed", at: AT - 60_000, runId: "imported" });
    const written = await house.store.meterWrittenUntil();
    expect(await house.meter.rebuild(job, AT - DAY, to)).toMatchObject({ toAt: written });
    const completed = await house.select(METRIC_NAMES.completions, { status: "success" });
    expect(completed.map(({ values }) => values.at(-1))).toEqual([3]);
  });
});
